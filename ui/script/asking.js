// A question stands on the page as soon as it is asked, before the server has heard of it.
() => {
  const chat = document.querySelector("#ap-chat");
  if (!chat) return;
  const PATIENCE = 90_000; // ms: then it hasn't been heard, and is in the box again
  const SOON = 200; // ms after which a question that didn't go out is sent again
  let shown = null;
  let waiting;
  let typing = ""; // what was typed and is on its way

  const box = () => document.querySelector("#ap-question textarea");
  const write = (text) => {
    box().value = text;
    box().dispatchEvent(new Event("input", { bubbles: true })); // Gradio's box keeps its own copy
  };

  const made = (tag, className, text = "") => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text; // never HTML
    return element;
  };

  const drop = () => {
    clearTimeout(waiting);
    shown?.remove();
    shown = null;
    document.querySelectorAll(".ap-replaced").forEach((turn) => turn.classList.remove("ap-replaced"));
  };

  const found = () => document.querySelector("#ap-evidence")?.classList.remove("ap-looking");

  const unheard = () => {
    drop();
    found();
    if (typing && box() && !box().value) write(typing);
  };

  // Gradio hears nothing in the moment in which it ends with the answer before.
  const send = (data, tries = 20) => {
    const before = window.askpapers.calls;
    window.askpapers.send("submit", data);
    setTimeout(() => shown && tries && window.askpapers.calls === before && send(data, tries - 1), SOON);
  };

  // `turn` is the one that the answer takes the place of, if there is one; `data` what is sent.
  const asked = (text, turn = null, data = null) => {
    if (shown || !text.trim() || window.askpapers.busy()) return; // Enter was hit twice
    shown = made("section", "ap-turn ap-sent");
    const lines = made("div", "ap-skeleton");
    lines.setAttribute("aria-hidden", "true");
    lines.append(made("i", ""), made("i", ""), made("i", ""));
    const said = made("div", "ap-answer");
    said.append(made("p", "ap-note ap-waiting", "Reading the papers…"), lines);
    shown.append(made("h2", "ap-question", text.trim()), said);
    turn?.classList.add("ap-replaced");
    chat.append(shown);
    shown.scrollIntoView({ block: "start" });
    document.querySelector("#ap-evidence")?.classList.add("ap-looking");
    window.askpapers.announce("Reading the papers");
    waiting = setTimeout(unheard, PATIENCE);
    if (data) send(data);
  };

  window.askpapers = { ...window.askpapers, asked };

  // Straight to the server: Gradio's box would wait for the next frame, and for the one after.
  const typed = (event) => {
    const text = box()?.value ?? "";
    if (!window.askpapers.send || shown || !text.trim() || window.askpapers.busy()) return;
    event.preventDefault();
    event.stopPropagation();
    typing = text;
    asked(text, null, { do: "ask", text });
    write("");
  };
  document.addEventListener(
    "keydown",
    (event) => {
      const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      if (enter && event.target.matches?.("#ap-question textarea")) typed(event);
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => event.target.closest?.("#ap-question .submit-button") && typed(event),
    true,
  );

  // What the server says takes its place: a change of Gradio's piece, or another piece in its stead.
  const echo = (node) => node.classList?.contains("ap-sent");
  // How its call is getting on isn't said yet: Gradio writes that beside its piece, unseen.
  const piece = (node) => (node.closest ? node : node.parentElement)?.closest(".html-container");
  const said = ({ target, addedNodes, removedNodes }) =>
    target === chat ? [...addedNodes, ...removedNodes].some((node) => !echo(node)) : piece(target);
  new MutationObserver((changes) => {
    if (!shown || !changes.some(said)) return;
    drop();
    window.askpapers.heard = true; // for ui/script/answers.js, whose observer is called next
  }).observe(chat, { childList: true, characterData: true, subtree: true });

  // The evidence of the answer before isn't that of the question: until its own is there, or there
  // is none to come, what one sees says that it is looked up.
  const whole = () => !shown && !chat.querySelector(".ap-waiting, .ap-coming");
  new MutationObserver((changes) => changes.some(({ target }) => piece(target)) && found()).observe(document.querySelector("#ap-panel"), {
    childList: true, characterData: true, subtree: true,
  });
  new MutationObserver(() => whole() && chat.querySelector(".ap-turn:last-of-type [data-do=again]") && found())
    .observe(chat, { childList: true, subtree: true });
};
