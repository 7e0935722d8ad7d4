// A question stands on the page as soon as it is asked, before the server has heard of it.
() => {
  const chat = document.querySelector("#ap-chat");
  if (!chat) return;
  const PATIENCE = 90_000; // ms: then it hasn't been heard, and is in the box again
  let shown = null;
  let waiting;

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
    document.querySelector("#ap-composer")?.classList.remove("ap-sending");
    document.querySelectorAll(".ap-replaced").forEach((turn) => turn.classList.remove("ap-replaced"));
  };

  // `turn` is the one that the answer takes the place of, if there is one.
  const asked = (text, turn = null) => {
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
    document.querySelector("#ap-composer")?.classList.add("ap-sending");
    shown.scrollIntoView({ block: "start" });
    window.askpapers.announce("Reading the papers");
    waiting = setTimeout(drop, PATIENCE);
  };

  window.askpapers = { ...window.askpapers, asked };

  // Before Gradio's own listeners, which make the box busy.
  const typed = () => asked(document.querySelector("#ap-question textarea")?.value ?? "");
  document.addEventListener(
    "keydown",
    (event) => {
      const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      if (enter && event.target.matches?.("#ap-question textarea")) typed();
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => event.target.closest?.("#ap-question .submit-button") && typed(),
    true,
  );

  // What the server says takes its place: a change of Gradio's piece, or another piece in its stead.
  const echo = (node) => node.classList?.contains("ap-sent");
  const said = ({ target, addedNodes, removedNodes }) =>
    target === chat
      ? [...addedNodes, ...removedNodes].some((node) => !echo(node))
      : !shown.contains(target);
  new MutationObserver((changes) => {
    if (!shown || !changes.some(said)) return;
    drop();
    window.askpapers.heard = true; // for ui/script/answers.js, whose observer is called next
  }).observe(chat, { childList: true, characterData: true, subtree: true });
};
