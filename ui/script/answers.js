// Answers: what their buttons do, where the page scrolls while they grow, and what is read aloud.
() => {
  const send = (event, data) => window.askpapers?.send?.(event, data);
  const busy = () =>
    !document.querySelector("#ap-question .submit-button") || document.querySelector(".ap-sent") !== null;
  const turnOf = (element) => element.closest(".ap-turn")?.dataset.turn;
  const ask = (data, text, turn) => {
    if (!busy()) window.askpapers.asked(text, turn, data);
  };
  const askOf = (button, deed) => {
    const turn = button.closest(".ap-turn");
    ask({ do: deed, turn: turn.dataset.turn }, turn.dataset.question, turn);
  };
  const READING = "Reading the papers";
  let told = ""; // read aloud last; it may stand there in another language
  const announce = (text) => {
    const status = document.querySelector("#ap-status");
    if (status && told !== text) status.textContent = told = text;
  };
  window.askpapers = { ...window.askpapers, busy, announce };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Only a page on this machine or behind TLS has a clipboard: elsewhere the old way.
      const area = document.createElement("textarea");
      area.value = text;
      area.style.position = "fixed";
      area.style.opacity = "0";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  const save = ({ name, text, data }) => {
    const link = document.createElement("a");
    // What is no text comes as Base64.
    const bytes = data === undefined ? text : Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const type = data === undefined ? "text/plain" : "application/octet-stream";
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    announce(`Saved ${name}`);
  };

  // The question becomes a field; Enter asks it, Escape leaves it as it was.
  const edit = (turn) => {
    const heading = turn.querySelector(".ap-question");
    if (turn.querySelector(".ap-edit")) return;
    const form = document.createElement("form");
    form.className = "ap-edit";
    const field = document.createElement("textarea");
    field.value = turn.dataset.question;
    field.rows = Math.min(6, 1 + Math.ceil(field.value.length / 70));
    field.setAttribute("aria-label", "Edit the question");
    const button = (text, type) => {
      const made = document.createElement("button");
      made.type = type;
      made.textContent = text;
      return made;
    };
    const cancel = button("Cancel", "button");
    form.append(field, button("Ask", "submit"), cancel);
    const close = () => {
      form.remove();
      heading.hidden = false;
    };
    cancel.addEventListener("click", () => {
      close();
      turn.querySelector('[data-do="edit"]')?.focus();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") cancel.click();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!field.value.trim() || busy()) return;
      const text = field.value;
      close();
      ask({ do: "edit", turn: turn.dataset.turn, text }, text, turn);
    });
    heading.hidden = true;
    heading.after(form);
    field.focus();
  };

  const doing = {
    ask: (button) => ask({ do: "ask", text: button.textContent }, button.textContent),
    all: (button) => askOf(button, "all"),
    again: (button) => askOf(button, "again"),
    edit: (button) => busy() || edit(button.closest(".ap-turn")),
    export: (button) => {
      const title = window.askpapers.title?.() ?? "";
      button.closest("details").open = false;
      const { turn, kind } = button.dataset;
      send("download", { turn, kind, title: turn === "0" ? title : "" });
    },
    judge: (button) => {
      const pressed = button.getAttribute("aria-pressed") === "true";
      if (!pressed && !busy()) {
        send("like", { turn: turnOf(button), verdict: button.dataset.verdict });
      }
    },
    copy: async (button) => {
      const said = (await copy(button.dataset.text)) ? "Copied" : "No copying here";
      const name = button.textContent;
      button.textContent = said;
      announce(said);
      setTimeout(() => (button.textContent = name), 2_000);
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(":is(#ap-chat, #ap-conversations) button[data-do]");
    if (button) doing[button.dataset.do]?.(button);
    const copied = event.target.closest?.('.ap-paper button[data-do="copy"]');
    if (copied) doing.copy(copied);
    document.querySelectorAll(".ap-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    // A menu opens to where there is more room.
    const summary = event.target.closest?.(".ap-menu > summary");
    const low = summary?.getBoundingClientRect().top > innerHeight / 2;
    summary?.parentElement.classList.toggle("ap-up", low);
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.(".ap-menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.('[data-do="comment"]');
    if (!form) return;
    event.preventDefault();
    const comment = form.querySelector("input").value.trim();
    const turn = form.closest(".ap-turn");
    const verdict = turn.querySelector('.ap-thumb[aria-pressed="true"]')?.dataset.verdict;
    if (comment && !busy()) send("like", { turn: turn.dataset.turn, verdict, comment });
  });

  document.addEventListener("ap-file", (event) => event.detail?.name && save(event.detail));

  // One reads from the top: a new question goes to the top of its pane, and stays there while the
  // answer grows, until the reader scrolls.
  let questions = 0;
  let reading = false;
  let growing = false;
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, () => (reading = true), { passive: true });
  }

  const follow = () => {
    const turns = document.querySelectorAll("#ap-chat .ap-turn:not(.ap-sent)");
    const last = turns[turns.length - 1];
    const begun = turns.length > questions; // also where all that comes is why it isn't answered
    if (begun) {
      reading = false;
      document.querySelector("#ap-panel")?.scrollTo(0, 0);
    }
    questions = turns.length;
    const grows = Boolean(last?.querySelector(".ap-coming, .ap-waiting"));
    const came = growing || window.askpapers.heard; // a quick answer isn't seen growing
    window.askpapers.heard = false;
    if (last && !reading && (grows || came || begun)) last.scrollIntoView({ block: "start" });
    if (grows) announce(READING);
    else if (last && !document.querySelector("#ap-chat .ap-sent") && (came || told === READING)) {
      const sources = new Set([...last.querySelectorAll(".ap-cite")].map((link) => link.hash)).size;
      announce(`The answer is there. ${sources} source${sources === 1 ? "" : "s"}.`);
    }
    growing = grows;
  };

  new MutationObserver(follow).observe(document.querySelector("#ap-chat"), {
    childList: true,
    characterData: true,
    subtree: true,
  });
  follow();
};
