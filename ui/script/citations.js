// Citations: a click on [n] shows its card and the quoted words; the card's number leads back.
// The links work without this script as well: it adds opening, gentle scrolling and the flash.
() => {
  const NARROW = "(max-width: 820px)"; // as in style/chat.css
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  const show = (element, block) =>
    element.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block });

  const flash = (element) => {
    document.querySelectorAll(".ap-flash").forEach((other) => other.classList.remove("ap-flash"));
    void element.offsetWidth; // restarts the animation
    element.classList.add("ap-flash");
  };

  const flat = (text) => text.replace(/\s+/g, " ").trim();

  // What a marker stands behind: the text from the marker before it, or from the line's start.
  const saidBefore = (marker) => {
    let said = "";
    let node = marker.previousSibling;
    while (node && node.nodeName !== "BR" && !node.classList?.contains("ap-cite")) {
      said = node.textContent + said;
      node = node.previousSibling;
    }
    return flat(said);
  };

  const openCard = (number, said) => {
    const closed = number.closest("details:not([open])");
    if (closed) closed.open = true;
    const card = number.closest(".ap-card");
    card.querySelectorAll("details").forEach((folded) => (folded.open = true));
    document.querySelectorAll(".ap-chosen").forEach((mark) => mark.classList.remove("ap-chosen"));
    const own = [...card.querySelectorAll("mark")].filter((mark) =>
      mark.dataset.n.split(" ").includes(number.textContent.trim()),
    );
    const exact = own.filter((mark) => said.includes(flat(mark.textContent)));
    const chosen = exact.length ? exact : own;
    chosen.forEach((mark) => mark.classList.add("ap-chosen"));
    flash(card);
    card.focus({ preventScroll: true });
    const room = document.querySelector("#ap-panel").clientHeight;
    const height = matchMedia(NARROW).matches ? innerHeight : Math.min(room, innerHeight);
    const last = chosen.length ? chosen[chosen.length - 1].getBoundingClientRect().bottom : 0;
    const reach = last - card.getBoundingClientRect().top; // from the title to the quoted words
    if (reach > height) show(chosen[0], "center");
    else show(card, card.offsetHeight > height || matchMedia(NARROW).matches ? "start" : "nearest");
  };

  const backToText = (marker) => {
    flash(marker);
    marker.focus({ preventScroll: true });
    show(marker, "center");
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser doesn't allow copying here";
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".ap-copy");
    if (button) copy(button);
    const link = event.target.closest?.('a[href^="#cite-"], a[href^="#ref-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    event.preventDefault();
    if (target.classList.contains("ap-number")) openCard(target, saidBefore(link));
    else backToText(target);
  });

  // One reads from the top: a new question goes to the top of its pane, and stays there while the
  // answer grows, until the reader scrolls.
  let questions = 0;
  let reading = false;
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, () => (reading = true), { passive: true });
  }

  const follow = () => {
    const rows = document.querySelectorAll("#ap-chat .user-row");
    if (rows.length > questions) {
      reading = false;
      document.querySelector("#ap-panel")?.scrollTo(0, 0);
    }
    questions = rows.length;
    if (rows.length && !reading) rows[rows.length - 1].scrollIntoView({ block: "start" });
  };

  // The chat names each message by its raw HTML, which a screen reader would read out.
  const name = () => {
    for (const [kind, said] of [["user", "Question"], ["bot", "Answer"]]) {
      document.querySelectorAll(`#ap-chat [data-testid="${kind}"]`).forEach((message) => {
        if (message.getAttribute("aria-label") === said) return;
        message.setAttribute("role", "group");
        message.setAttribute("aria-label", said);
      });
    }
  };

  new MutationObserver(() => {
    name();
    follow();
  }).observe(document.querySelector("#ap-talk"), {
    childList: true,
    characterData: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["aria-label"],
  });
};
