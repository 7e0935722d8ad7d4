// The map: drawn on a canvas from the data that came with it. A paper is picked by pointer or by
// the arrow keys, and opened by a click or Enter. Runs once for the piece of HTML that holds the
// map, with Gradio's own `element`, `trigger`, `props` and `watch`.
const SHAPES = ["circle", "square", "up", "diamond", "down", "plus", "ring", "cross", "circle"];
const REACH = 14; // pixels from a dot that still pick it
let data, canvas, tip, live, colours;
let view = { scale: 1, x: 0, y: 0 }; // of the unit square, after fitting
let picked = -1;
let read = false; // the picked paper is open beside the map: its name needn't lie over others
let alone = null; // the only group that is shown
let dragged = null;

const style = (name) => getComputedStyle(element).getPropertyValue(name).trim();

const place = (dot) => {
  const { width, height } = canvas.getBoundingClientRect();
  return [
    width / 2 + (dot[1] - 0.5 + view.x) * width * view.scale,
    height / 2 + (dot[2] - 0.5 + view.y) * height * view.scale,
  ];
};

const shown = (dot) => alone === null || dot[3] === alone;

const outline = (pen, shape, x, y, r) => {
  pen.beginPath();
  const turns = { square: [[-1, -1], [1, -1], [1, 1], [-1, 1]], diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
    up: [[0, -1.2], [1.2, 1], [-1.2, 1]], down: [[0, 1.2], [1.2, -1], [-1.2, -1]] }[shape];
  if (turns) turns.forEach(([a, b], i) => pen[i ? "lineTo" : "moveTo"](x + a * r * 0.9, y + b * r * 0.9));
  else pen.arc(x, y, r, 0, 7);
  if (turns) pen.closePath();
};

const mark = (pen, shape, x, y, r) => {
  if (shape === "plus" || shape === "cross") {
    const turn = shape === "cross" ? 0.75 : 0;
    pen.lineWidth = Math.max(1.5, r * 0.7);
    pen.beginPath();
    for (const angle of [turn, turn + Math.PI / 2]) {
      const [a, b] = [Math.cos(angle) * r * 1.15, Math.sin(angle) * r * 1.15];
      pen.moveTo(x - a, y - b);
      pen.lineTo(x + a, y + b);
    }
    pen.stroke();
    return;
  }
  outline(pen, shape, x, y, r);
  if (shape !== "ring") return pen.fill();
  pen.lineWidth = Math.max(1.5, r * 0.5);
  pen.stroke();
};

// Where more papers are than can be drawn one by one, their number is a shade under the dots.
const shade = (pen, width, height) => {
  const { cells, counts, groups } = data.density;
  const most = Math.log1p(Math.max(...counts));
  const small = new OffscreenCanvas(cells, cells);
  const ink = small.getContext("2d");
  counts.forEach((count, cell) => {
    if (!count || (alone !== null && groups[cell] !== alone)) return;
    ink.globalAlpha = 0.06 + 0.4 * (Math.log1p(count) / most);
    ink.fillStyle = colours[groups[cell]];
    ink.fillRect(cell % cells, Math.floor(cell / cells), 1, 1);
  });
  const [left, top] = place([0, 0, 0]);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(small, left, top, width * view.scale, height * view.scale);
};

// The names of the groups, near the middle of what is seen of each: where they cover the fewest dots
// and numbers, none over another, the largest first.
const LABEL = "600 12px";
const [ABOVE, BELOW] = [15, 9]; // of a label's line, with the dots' own size: what it covers
const labels = (pen, width, height) => {
  pen.font = `${LABEL} ${style("--ap-sans")}`;
  const middle = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
  const seen = data.dots.filter(shown).map((dot) => [...place(dot), dot])
    .filter(([x, y]) => x > 0 && y > 0 && x < width && y < height);
  // A number stands above its dot.
  const inks = seen.flatMap(([x, y, dot]) => (dot[5] ? [[x, y], [x, y - 16], [x - 9, y - 16], [x + 9, y - 16]] : [[x, y]]));
  const taken = [];
  data.groups.forEach(([text], group) => {
    if (group === data.other) return;
    const mine = seen.filter(([, , dot]) => dot[3] === group);
    if (!mine.length) return;
    const half = pen.measureText(text).width / 2 + 4;
    const home = [middle(mine.map((at) => at[0])), middle(mine.map((at) => at[1])) - 12];
    const covered = (x, y) => inks.filter(([a, b]) =>
      Math.abs(a - x) < half + 6 && b > y - ABOVE && b < y + BELOW).length;
    const free = (x, y) => !taken.some(([, a, b, wide]) => Math.abs(a - x) < wide + half && Math.abs(b - y) < 18);
    let best;
    let least = Infinity;
    for (let down = -132; down <= 132; down += 12) {
      for (let across = -2; across <= 2; across += 0.25) {
        const x = Math.min(Math.max(home[0] + across * half, half), width - half);
        const y = Math.min(Math.max(home[1] + down, 18), height - 8);
        const far = Math.hypot(x - home[0], y - home[1]);
        if (far >= least || !free(x, y)) continue;
        const cost = far + 150 * covered(x, y);
        if (cost < least) [best, least] = [[text, x, y, half, group], cost];
      }
    }
    if (best) taken.push(best);
  });
  return taken;
};

const draw = () => {
  const { width, height } = canvas.getBoundingClientRect();
  if (!width) return; // the tab is closed
  const fine = devicePixelRatio || 1;
  canvas.width = width * fine;
  canvas.height = height * fine;
  colours = data.groups.map((_, group) => style(`--ap-group-${data.other === group ? "other" : group}`));
  const pen = canvas.getContext("2d");
  pen.scale(fine, fine);
  if (data.density) shade(pen, width, height);
  const many = data.dots.length;
  const r = (many > 1500 ? 2.4 : many > 400 ? 3.4 : 5.5) * Math.min(2, Math.sqrt(view.scale));
  data.dots.forEach((dot) => {
    pen.globalAlpha = shown(dot) ? 0.85 : 0.07;
    pen.fillStyle = pen.strokeStyle = colours[dot[3]];
    mark(pen, SHAPES[dot[3] % SHAPES.length], ...place(dot), r);
  });
  pen.globalAlpha = 1;
  pen.textAlign = "center";
  const name = (text, x, y, font, colour) => {
    pen.font = `${font} ${style("--ap-sans")}`;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = style("--ap-sheet");
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  };
  labels(pen, width, height).forEach(([text, x, y, , group]) => name(text, x, y, LABEL, colours[group]));
  const circle = (dot, wide) => {
    pen.lineWidth = 2.5;
    pen.strokeStyle = style("--ap-ink");
    pen.beginPath();
    pen.arc(...place(dot), r + wide, 0, 7);
    pen.stroke();
  };
  data.dots.forEach((dot, i) => {
    if (dot[5]) {
      const [x, y] = place(dot);
      circle(dot, 4);
      name(`[${dot[5]}]`, x, y - r - 9, "700 13px", style("--ap-ink"));
    }
    if (i === picked) circle(dot, 5);
  });
};

// Where the words stand: on that side of the dot where they cover the fewest others.
const beside = (x, y, wide, high) => {
  const { width, height } = canvas.getBoundingClientRect();
  const dots = data.dots.map(place);
  const within = (at, size, room) => Math.max(8, Math.min(at, room - size - 8));
  const gap = 14;
  const sides = [[x - wide / 2, y - high - gap], [x - wide / 2, y + gap],
    [x + gap, y - high / 2], [x - wide - gap, y - high / 2]];
  let best;
  let least = Infinity;
  for (const side of sides) {
    const [left, top] = [within(side[0], wide, width), within(side[1], high, height)];
    const covers = ([a, b]) => a > left - 6 && a < left + wide + 6 && b > top - 6 && b < top + high + 6;
    const moved = Math.abs(left - side[0]) + Math.abs(top - side[1]); // it must not lie on the dot
    const cost = dots.filter(covers).length + (covers([x, y]) ? 1000 : 0) + moved / 1000;
    if (cost < least) [best, least] = [[left, top], cost];
  }
  return best;
};

const pick = (i, { say = true } = {}) => {
  if (i !== picked) read = false;
  picked = i;
  draw();
  const dot = data.dots[i];
  tip.hidden = true;
  if (!dot) return;
  let [x, y] = place(dot);
  const { width, height } = canvas.getBoundingClientRect();
  if (say && (x < 0 || y < 0 || x > width || y > height)) {
    view = { ...view, x: 0.5 - dot[1], y: 0.5 - dot[2] };
    draw();
    [x, y] = place(dot);
  }
  tip.hidden = read || x < 0 || y < 0 || x > width || y > height;
  tip.textContent = dot[4];
  const small = document.createElement("span");
  small.textContent = [dot[6], data.groups[dot[3]][0]].filter(Boolean).join(", ");
  tip.append(small);
  const [left, top] = beside(x, y, tip.offsetWidth, tip.offsetHeight);
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
  const cited = dot[5] ? `${window.askpapers.say(`cited as ${dot[5]} in the answer`)}, ` : "";
  if (say) live.textContent = `${dot[4]}, ${cited}${small.textContent}`;
};

const near = (event) => {
  const box = canvas.getBoundingClientRect();
  let best = -1;
  let least = REACH ** 2;
  data.dots.forEach((dot, i) => {
    if (!shown(dot) && !dot[5]) return;
    const [x, y] = place(dot);
    const apart = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
    if (apart < least) [best, least] = [i, apart];
  });
  return best;
};

// The nearest paper in the direction of the arrow key; farther off to the side counts more.
const step = (across, down) => {
  const from = data.dots[picked] ? place(data.dots[picked]) : null;
  if (!from) return pick(Math.max(0, data.dots.findIndex((dot) => dot[5])));
  let best = picked;
  let least = Infinity;
  data.dots.forEach((dot, i) => {
    if (i === picked || !shown(dot)) return;
    const [x, y] = place(dot);
    const ahead = (x - from[0]) * across + (y - from[1]) * down;
    const aside = Math.abs((x - from[0]) * down) + Math.abs((y - from[1]) * across);
    if (ahead > 0.5 && ahead + 2 * aside < least) [best, least] = [i, ahead + 2 * aside];
  });
  pick(best);
};

const zoom = (by, around) => {
  const scale = Math.min(24, Math.max(1, view.scale * by));
  const box = canvas.getBoundingClientRect();
  const middle = [box.width / 2, box.height / 2]; // of what is seen
  const at = around ? [around.clientX - box.left, around.clientY - box.top] : middle;
  view.x += ((at[0] - box.width / 2) / box.width) * (1 / scale - 1 / view.scale);
  view.y += ((at[1] - box.height / 2) / box.height) * (1 / scale - 1 / view.scale);
  view.scale = scale;
  if (scale === 1) view = { scale, x: 0, y: 0 };
  pick(picked, { say: false });
};

const open = (i) => {
  if (!data.dots[i]) return;
  read = tip.hidden = true;
  trigger("click", { do: "open", id: data.dots[i][0] });
};

const KEYS = {
  ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0),
  ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
  Enter: () => open(picked), " ": () => open(picked), Escape: () => pick(-1),
  "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), "0": () => zoom(1 / 24),
};

const begin = () => {
  data = props.points;
  canvas = element.querySelector("canvas");
  if (!canvas || !data?.dots) return;
  tip = element.querySelector(".ap-map-tip");
  live = element.querySelector(".ap-map-live");
  [picked, alone, view] = [-1, null, { scale: 1, x: 0, y: 0 }];
  canvas.addEventListener("keydown", (event) => {
    const deed = !event.ctrlKey && !event.metaKey && !event.altKey && KEYS[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
  canvas.addEventListener("pointerdown", (event) => {
    dragged = { x: event.clientX, y: event.clientY, from: { ...view }, far: false, before: picked };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!dragged) return void (near(event) !== picked && pick(near(event), { say: false }));
    const [across, down] = [event.clientX - dragged.x, event.clientY - dragged.y];
    dragged.far ||= Math.hypot(across, down) > 5;
    if (!dragged.far || view.scale === 1) return;
    const box = canvas.getBoundingClientRect();
    view.x = dragged.from.x + across / box.width / view.scale;
    view.y = dragged.from.y + down / box.height / view.scale;
    pick(picked, { say: false });
  });
  canvas.addEventListener("pointerup", (event) => {
    const now = near(event);
    const { far, before } = dragged ?? {};
    dragged = null;
    if (far) return;
    // A finger covers what it touches: the first touch names the paper, the second opens it.
    if (event.pointerType !== "mouse" && now !== before) return pick(now);
    if (now >= 0) open(now);
  });
  canvas.addEventListener("dblclick", (event) => near(event) < 0 && zoom(2, event));
  canvas.addEventListener("pointerleave", () => document.activeElement !== canvas && pick(-1));
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, event);
  }, { passive: false });
  new ResizeObserver(() => pick(picked, { say: false })).observe(canvas); // also where its words stand
  draw();
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.do) trigger("click", { ...button.dataset });
  if (button.dataset.zoom) zoom(Number(button.dataset.zoom));
  if (!button.dataset.group) return;
  const group = Number(button.dataset.group);
  alone = alone === group ? null : group;
  element.querySelectorAll("[data-group]").forEach((other) =>
    other.setAttribute("aria-pressed", String(Number(other.dataset.group) === alone)));
  pick(-1);
});

watch(["value", "points"], begin);
new MutationObserver(() => data?.dots && canvas?.isConnected && draw()).observe(document.body, {
  attributes: true,
  attributeFilter: ["class"], // light and dark
});
begin();

// A piece that comes into view, as its tab is opened, asks for what it shows now.
let hidden = true;
new ResizeObserver(([entry]) => {
  const gone = entry.contentRect.width === 0;
  if (hidden && !gone) trigger("focus", {});
  hidden = gone;
}).observe(element);
