// Keys for those who don't reach for the mouse: / asks, j and k walk the evidence, ? lists them all.
() => {
  const KEYS = [
    ["/", "to the question box, or to what finds papers"],
    ["j  k", "to the next paper of the evidence, and back"],
    ["Enter", "asks; Shift and Enter begin a new line"],
    ["Esc", "closes what lies over the page"],
    ["?", "these keys"],
  ];
  const shown = (element) => element.getClientRects().length > 0;

  const help = () => {
    const sheet = document.createElement("dialog");
    sheet.className = "ap-keys";
    sheet.setAttribute("aria-label", "Keys");
    const list = document.createElement("dl");
    for (const [key, deed] of KEYS) {
      const [name, words] = [document.createElement("dt"), document.createElement("dd")];
      for (const one of key.split("  ")) {
        const cap = document.createElement("kbd");
        cap.textContent = one;
        name.append(cap);
      }
      words.textContent = deed;
      list.append(name, words);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "ap-button";
    close.textContent = "Close";
    close.addEventListener("click", () => sheet.close());
    sheet.append(list, close);
    sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
    sheet.addEventListener("close", () => sheet.remove());
    document.querySelector("#ap-header").append(sheet);
    sheet.showModal();
  };

  const walk = (step) => {
    const cards = [...document.querySelectorAll("#ap-panel .ap-card")].filter(shown);
    if (!cards.length) return false;
    const at = cards.indexOf(document.activeElement.closest?.(".ap-card"));
    const next = cards[Math.min(Math.max(at + step, 0), cards.length - 1)];
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  const toBox = () => {
    const boxes = document.querySelectorAll("#ap-question textarea, #ap-controls [name=words]");
    const box = [...boxes].find(shown);
    box?.focus();
    return Boolean(box);
  };

  const DEEDS = { "/": toBox, j: () => walk(1), k: () => walk(-1), "?": () => help() ?? true };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");
    if (typing || !Object.hasOwn(DEEDS, event.key)) return;
    if (DEEDS[event.key]()) event.preventDefault();
  });
};
