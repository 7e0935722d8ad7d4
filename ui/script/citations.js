// Citations: a click on [n] shows its card and the quoted words; a card shows its sentences.
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

  const choose = (elements) => {
    document.querySelectorAll(".ap-chosen").forEach((other) => other.classList.remove("ap-chosen"));
    elements.forEach((element) => element.classList.add("ap-chosen"));
  };

  const flat = (text) => text.replace(/\s+/g, " ").trim();
  const numbers = (element) => (element.dataset.n ?? "").split(" ");

  // On a narrow page the evidence lies far below: the card comes to the reader, as a sheet. A modal
  // dialog keeps the focus, closes by Escape and gives the focus back to the link.
  const openSheet = (card, link) => {
    const sheet = document.createElement("dialog");
    sheet.className = "ap-sheet";
    sheet.setAttribute("aria-label", link.getAttribute("aria-label") ?? "Source");
    const copy = card.cloneNode(true);
    copy.querySelectorAll("[id]").forEach((part) => part.removeAttribute("id"));
    const close = document.createElement("button");
    close.type = "button";
    close.className = "ap-button";
    close.textContent = "Close";
    close.addEventListener("click", () => sheet.close());
    const bar = document.createElement("div");
    bar.className = "ap-sheet-bar";
    bar.append("Evidence", close);
    sheet.append(bar, copy);
    sheet.addEventListener("click", (event) => event.target === sheet && sheet.close()); // beside it
    sheet.addEventListener("close", () => sheet.remove());
    document.querySelector("#ap-panel").append(sheet);
    link.focus({ preventScroll: true });
    sheet.showModal();
    const mark = copy.querySelector("mark.ap-chosen");
    if (mark && mark.getBoundingClientRect().bottom > innerHeight) mark.scrollIntoView({ block: "center" });
  };

  const openCard = (number, link) => {
    const closed = number.closest("details:not([open])");
    if (closed) closed.open = true;
    const card = number.closest(".ap-card");
    card.querySelectorAll("details").forEach((folded) => (folded.open = true));
    const sentence = link.closest(".ap-said");
    const said = sentence ? flat(sentence.textContent) : "";
    const own = [...card.querySelectorAll("mark")].filter((mark) =>
      numbers(mark).includes(number.textContent.trim()),
    );
    const exact = own.filter((mark) => said.includes(flat(mark.textContent)));
    const chosen = exact.length ? exact : own;
    choose(sentence ? [...chosen, sentence] : chosen);
    if (matchMedia(NARROW).matches) return openSheet(card, link);
    flash(card);
    card.focus({ preventScroll: true });
    const room = document.querySelector("#ap-panel").clientHeight;
    const height = Math.min(room, innerHeight);
    const last = chosen.length ? chosen[chosen.length - 1].getBoundingClientRect().bottom : 0;
    const reach = last - card.getBoundingClientRect().top; // from the title to the quoted words
    if (reach > height) show(chosen[0], "center");
    else show(card, card.offsetHeight > height ? "start" : "nearest");
  };

  const sentencesOf = (card) => {
    const cited = [...card.querySelectorAll(".ap-number")].map((link) => link.textContent.trim());
    const turn = document.getElementById(`turn-${card.dataset.turn}`);
    return [...(turn?.querySelectorAll(".ap-said") ?? [])].filter((said) =>
      numbers(said).some((number) => cited.includes(number)),
    );
  };

  const showSentences = (card, marker) => {
    const said = sentencesOf(card);
    choose([...said, ...card.querySelectorAll("mark")]);
    const target = marker ?? said[0];
    if (!target) return;
    if (marker) {
      flash(marker);
      marker.focus({ preventScroll: true });
    }
    show(target, marker || matchMedia(NARROW).matches ? "center" : "nearest");
  };

  // The words of an answer come before their evidence: a quick click waits for it.
  const whenThere = (id, open, tries = 50) => {
    const target = document.getElementById(id);
    if (target) open(target);
    else if (tries) setTimeout(() => whenThere(id, open, tries - 1), 100);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link) {
      const card = event.target.closest?.(".ap-card[data-turn]");
      const busy = event.target.closest?.("a, button, summary") || getSelection().toString();
      if (card && !busy && !matchMedia(NARROW).matches) showSentences(card);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const id = link.getAttribute("href").slice(1);
    const target = document.getElementById(id);
    if (!target && !link.classList.contains("ap-cite")) return;
    if (link.classList.contains("ap-cite")) whenThere(id, (card) => openCard(card, link));
    else if (link.classList.contains("ap-number")) {
      link.closest("dialog")?.close();
      showSentences(link.closest(".ap-card"), target);
    } else if (link.classList.contains("ap-to-closest")) {
      const folded = target.closest("details:not([open])");
      if (folded) folded.open = true;
      show(target, "start");
      target.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
  });
};
