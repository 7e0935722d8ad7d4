// Conversations, kept in this browser: listed, opened, renamed, deleted. Nothing of them stays on the
// server; an opened one is sent back to it so that the next question can go on from there.
() => {
  const KEY = "askpapers.conversations";
  const OPEN = "askpapers.open"; // of this tab: a reload comes back to it
  const MOST = 100;
  const FEW = 6; // conversations that one finds by looking
  const list = document.querySelector("#ap-conversations .ap-list");
  const note = document.querySelector("#ap-conversations .ap-list-note");
  if (!list) return;

  // Beside the conversation where there is room, else folded away.
  const shelf = document.querySelector("#ap-conversations .ap-shelf");
  const wide = matchMedia("(min-width: 1200px)"); // as in style/conversations.css
  const fold = () => (shelf.open = wide.matches);
  wide.addEventListener("change", fold);
  fold();

  // Without what isn't seen, and would turn a name around or hide in it; ZWJ and ZWNJ join letters.
  const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}]/gu;
  const plain = (name) => String(name).replace(/\s+/g, " ").replace(UNSEEN, "");

  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      if (!Array.isArray(kept)) return [];
      const whole = kept.filter((one) => one?.id && one.conversation);
      return whole.map((one) => ({ ...one, name: plain(one.name) }));
    } catch {
      return [];
    }
  };

  // The newest first; where the browser has no more room, the oldest go.
  const write = (kept) => {
    let most = Math.min(kept.length, MOST);
    for (; most >= 0; most -= 1) {
      try {
        localStorage.setItem(KEY, JSON.stringify(kept.slice(0, most)));
        break;
      } catch {
        if (most === 0) break;
      }
    }
    draw();
  };

  let current = sessionStorage.getItem(OPEN);
  const choose = (id) => {
    current = id;
    if (id) sessionStorage.setItem(OPEN, id);
    else sessionStorage.removeItem(OPEN);
    draw();
  };

  window.askpapers = {
    ...window.askpapers,
    title: () => read().find((one) => one.id === current)?.name ?? "",
  };

  const made = (tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    if (text !== undefined) element.textContent = text; // never HTML: a name is anybody's text
    return element;
  };
  const button = (className, text, label, act) => {
    const element = made("button", className, text);
    element.type = "button";
    if (label) {
      element.setAttribute("aria-label", label);
      element.title = label;
    }
    element.addEventListener("click", act);
    return element;
  };

  // Many are found by the words of their names and questions.
  const seek = made("input", "ap-seek");
  seek.type = "search";
  seek.placeholder = "Find a conversation";
  seek.setAttribute("aria-label", seek.placeholder);
  seek.addEventListener("input", () => draw());
  list.before(seek);
  const wanted = (one) => {
    const asked = (one.conversation.exchanges ?? []).map((exchange) => exchange.question);
    const text = [one.name, ...asked].join(" ").toLowerCase();
    return seek.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  };

  let removed = null; // the last one deleted, for whoever didn't mean it

  const draw = () => {
    const kept = read();
    seek.hidden = kept.length < FEW && !seek.value;
    const found = kept.filter(wanted);
    list.replaceChildren(...found.map(row));
    if (kept.length && !found.length) list.append(made("li", "ap-removed", "None is like that."));
    if (removed) {
      const line = made("li", "ap-removed", "Deleted. ");
      line.append(button("ap-undo", "Undo", "Undo deleting", undo));
      list.prepend(line);
    }
    note.textContent = kept.length
      ? "Kept in this browser only."
      : "Your conversations will be listed here. They are kept in this browser only.";
  };

  const row = (one) => {
    const item = made("li", "ap-kept");
    const name = button("ap-open", one.name, "", () => open(one.id));
    name.title = one.name;
    if (one.id === current) {
      name.setAttribute("aria-current", "true");
      item.classList.add("ap-current");
    }
    const tools = made("span", "ap-tools");
    tools.append(
      button("ap-tool ap-rename", "", `Rename ${one.name}`, () => rename(item, one)),
      button("ap-tool ap-delete", "", `Delete ${one.name}`, () => remove(one)),
    );
    item.append(name, tools);
    return item;
  };

  const rename = (item, one) => {
    const form = made("form", "ap-renaming");
    const field = made("input", "");
    field.value = one.name;
    field.maxLength = 120;
    field.setAttribute("aria-label", "Name of the conversation");
    form.append(field);
    let done = false;
    const end = (name) => {
      if (done) return;
      done = true;
      const kept = read();
      const found = kept.find((other) => other.id === one.id);
      if (found && name.trim()) found.name = name.trim();
      write(kept);
      const rows = [...list.querySelectorAll(".ap-open")];
      rows.find((other) => other.textContent === (name.trim() || one.name))?.focus();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      end(field.value);
    });
    field.addEventListener("keydown", (event) => event.key === "Escape" && end(one.name));
    field.addEventListener("blur", () => end(field.value));
    item.replaceChildren(form);
    field.select();
    field.focus();
  };

  const remove = (one) => {
    const kept = read();
    removed = { one, place: kept.findIndex((other) => other.id === one.id) };
    write(kept.filter((other) => other.id !== one.id));
    list.querySelector(".ap-undo")?.focus();
    if (one.id === current) fresh();
  };

  const undo = () => {
    const kept = read();
    kept.splice(removed.place, 0, removed.one);
    removed = null;
    write(kept);
  };

  const quiet = async () => {
    if (!window.askpapers.busy()) return;
    document.querySelector("#ap-question .stop-button")?.click();
    for (let waited = 0; window.askpapers.busy() && waited < 3_000; waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const open = async (id) => {
    const found = read().find((one) => one.id === id);
    if (!found) return;
    await quiet();
    choose(id);
    window.askpapers.send("select", { conversation: found.conversation });
    if (!wide.matches) shelf.open = false;
  };

  const fresh = () => {
    choose(null);
    window.askpapers.send("clear", {});
    document.querySelector("#ap-question textarea")?.focus();
    scrollTo(0, 0); // a phone's page may stand at the end of a long answer
  };

  document.addEventListener("ap-keep", (event) => {
    const conversation = event.detail?.conversation;
    if (!conversation?.exchanges?.length) return;
    removed = null;
    const kept = read();
    const found = kept.find((one) => one.id === current);
    const id = found?.id ?? crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    const name = found?.name ?? plain(conversation.exchanges[0].question).trim();
    const others = kept.filter((one) => one.id !== id);
    current = id;
    sessionStorage.setItem(OPEN, id);
    write([{ id, name: name.slice(0, 120), at: Date.now(), conversation }, ...others]);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-do="fresh"]')) fresh();
    // A list that lies over the page goes when one turns to something else; what was redrawn by the
    // click itself isn't in the document any more.
    const beside = event.target.isConnected && !shelf.contains(event.target);
    if (shelf.open && beside && !wide.matches) shelf.open = false;
  });
  shelf.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || wide.matches || event.target.closest("form")) return;
    shelf.open = false;
    shelf.querySelector("summary").focus();
  });

  // Another tab has changed the list.
  addEventListener("storage", (event) => event.key === KEY && draw());

  // A page that is still being set up may lose what is sent to it: a reload asks again until the
  // conversation stands there, a little longer each time.
  const comeBack = (wait) => {
    const there = document.querySelector("#ap-chat .ap-turn");
    if (!current || there || wait > 20_000) return;
    if (window.askpapers.send && !window.askpapers.busy()) open(current);
    setTimeout(comeBack, wait, wait * 1.5);
  };

  draw();
  comeBack(500);
};
