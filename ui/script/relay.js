// Hands what is clicked, ticked or typed in our own HTML to the page. An element that can be used
// names its deed in data-do; all its data goes along. Runs once for each piece of HTML, with
// Gradio's own `element`, `trigger` and `watch`.
let last = null; // the id of what was used last: it keeps the focus when the piece is drawn anew
let typing;
let closed; // the paper that was closed: one goes on from where it is listed
let turned = false; // the list to another page: one reads it from its top

const send = (control, more) => {
  last = control.id || null;
  turned = control.dataset.do === "page";
  closed = control.dataset.back;
  trigger("click", { ...control.dataset, ...more });
};

const sendForm = (form) => send(form, Object.fromEntries(new FormData(form)));

element.addEventListener("click", (event) => {
  const control = event.target.closest("button[data-do]");
  if (control && control.dataset.do !== "copy") send(control); // copying is the browser's own
});

element.addEventListener("change", (event) => {
  const box = event.target.closest("input[type=checkbox][data-do]");
  if (box) send(box, { on: box.checked });
});

element.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-do]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(() => sendForm(form), 250);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  sendForm(event.target);
});

const goOn = (id) => {
  const listed = document.querySelectorAll(`[data-do=open][data-id="${CSS.escape(id)}"]`);
  const places = [...listed, ...document.querySelectorAll(".ap-map canvas")];
  places.find((place) => place.checkVisibility())?.focus();
};

watch("value", () => {
  // Gradio changes attributes in place; a box that was used shows its own state instead of them.
  element.querySelectorAll("input[type=checkbox]").forEach((box) => (box.checked = box.defaultChecked));
  const wanted = element.querySelector("[data-focus]");
  const before = last && document.getElementById(last);
  const lost = document.activeElement === document.body;
  const target = wanted ?? (lost ? before : null);
  target?.focus({ preventScroll: true });
  if (wanted?.matches("button")) wanted.scrollIntoView({ block: "nearest" });
  if (closed && !wanted) {
    goOn(closed);
    closed = null;
  }
  if (turned) {
    turned = false;
    const list = element.closest("#ap-list") ?? element;
    list.scrollTo(0, 0);
    if (list.getBoundingClientRect().top < 0) list.scrollIntoView({ block: "start" });
  }
  if (wanted?.matches("article")) {
    const narrow = matchMedia("(max-width: 820px)").matches;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (narrow) wanted.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    else element.closest("#ap-paper")?.scrollTo(0, 0);
  }
});

// A piece that comes into view, as its tab is opened, asks for what it shows now.
let hidden = true;
new ResizeObserver(([entry]) => {
  const gone = entry.contentRect.width === 0;
  if (hidden && !gone) trigger("focus", {});
  hidden = gone;
}).observe(element);
