"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const root = document.documentElement;

  // 3 2x4 stands for 3 5 7 9 11: the first number, then differences.
  const unpacked = (text) => {
    const found = [];
    for (const part of text ? text.split(" ") : []) {
      const [jump, times] = part.split("x").map(Number);
      for (let k = times || 1; k > 0; k--) {
        found.push(found.length ? found[found.length - 1] + jump : jump);
      }
    }
    return found;
  };
  const frames = unpacked(data.frames);
  const tables = data.steps.map(unpacked);

  // How many steps of an ascending table are at most `step`.
  const reached = (steps, step) => {
    let low = 0;
    let high = steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (steps[middle] <= step) low = middle + 1; else high = middle;
    }
    return low;
  };

  // Each mark: its path, and one piece of path data for each of its points.
  const marks = Array.from(document.querySelectorAll("svg.plot path[data-p]"), (path) => {
    const all = path.dataset.all;
    const kind = path.getAttribute("class") || path.parentNode.nextSibling.getAttribute("class");
    const line = kind.startsWith("line");
    const mark = {
      path, line, newest: all !== undefined, name: path.dataset.name || "",
      pieces: (all || path.getAttribute("d")).match(line ? /[Ml][^Ml]*/g : /M[^M]*/g) || [],
      steps: path.dataset.t === undefined ? null : tables[path.dataset.t],
      panel: Number(path.closest("svg").dataset.panel), x: [], y: [],
    };
    for (const piece of mark.pieces) {
      const [dx, dy] = piece.match(/-?\d+/g).map(Number);
      const last = mark.x.length - 1;
      const relative = piece[0] === "l";
      mark.x.push(relative ? mark.x[last] + dx : dx);
      mark.y.push(relative ? mark.y[last] + dy : dy);
    }
    mark.from = mark.newest ? Math.max(0, mark.pieces.length - 1) : 0;
    mark.end = mark.pieces.length;
    return mark;
  });

  const show = (step) => {
    for (const mark of marks) {
      if (!mark.steps) continue;
      const end = reached(mark.steps, step);
      const from = mark.newest ? Math.max(0, end - 1) : 0;
      if (end === mark.end && from === mark.from) continue;
      mark.end = end;
      mark.from = from;
      // A line of one point has no length; `h0` makes it a dot.
      const tail = mark.line && end ? "h0" : "";
      mark.path.setAttribute("d", mark.pieces.slice(from, end).join("") + tail);
    }
  };

  const slider = byId("frame");
  if (slider) {
    const button = byId("play");
    const last = frames.length - 1;
    let timer = 0;
    slider.closest(".controls").hidden = false;
    const go = (frame) => {
      slider.value = String(frame);
      const step = frames[Number(slider.value)];
      slider.setAttribute("aria-valuetext", "step " + step);
      byId("step").textContent = String(step);
      show(step);
    };
    const stop = () => {
      cancelAnimationFrame(timer);
      timer = 0;
      button.textContent = "▶";
      button.setAttribute("aria-label", "Play");
    };
    const play = () => {
      const first = Number(slider.value) >= last ? 0 : Number(slider.value);
      const pace = Math.max(25, Math.min(400, 8000 / frames.length));
      let begun = null;
      button.textContent = "⏸";
      button.setAttribute("aria-label", "Pause");
      const draw = (now) => {
        if (begun === null) begun = now;
        const frame = Math.min(last, first + Math.floor((now - begun) / pace));
        go(frame);
        if (frame < last) timer = requestAnimationFrame(draw); else stop();
      };
      timer = requestAnimationFrame(draw);
    };
    slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
    button.addEventListener("click", () => { if (timer) stop(); else play(); });
    document.addEventListener("keydown", (event) => {
      if (event.target !== document.body || event.ctrlKey || event.altKey || event.metaKey) return;
      const jumps = { ArrowLeft: -1, ArrowRight: 1, Home: -last, End: last };
      if (event.key in jumps) {
        stop();
        go(Number(slider.value) + jumps[event.key]);
      } else if (event.key === " ") {
        if (timer) stop(); else play();
      } else {
        return;
      }
      event.preventDefault();
    });
    // `#step=40` after the address shows that step.
    const wanted = /^#step=(\d+)$/.exec(location.hash);
    go(wanted ? Math.max(0, reached(frames, Number(wanted[1])) - 1) : last);
  }

  // From places to numbers: the inverses of the scales, at a share of the axis.
  const INVERSE = {
    linear: (share, axis) => axis.low * (1 - share) + axis.high * share,
    log: (share, axis) => {
      const [low, high] = [Math.log10(axis.low), Math.log10(axis.high)];
      return Math.pow(10, low + share * (high - low));
    },
    symlog: (share, axis) => {
      const [low, high] = [Math.asinh(axis.low / axis.unit), Math.asinh(axis.high / axis.unit)];
      return axis.unit * Math.sinh(low + share * (high - low));
    },
  };
  const short = (value, digits) => {
    if (!Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
      return value.toExponential(Math.max(0, digits - 1)).replace(/\.?0+e/, "e").replace("e+", "e");
    }
    return String(Number(value.toPrecision(digits)));
  };
  // A number in as many digits as a dot of the panel can tell apart.
  const at = (share, axis, dots) => {
    const value = INVERSE[axis.scale](share, axis);
    const next = INVERSE[axis.scale](share + 1 / dots, axis);
    const step = Math.abs(next - value);
    if (!(Math.abs(value) > step / 2)) return "0";
    const digits = Math.ceil(Math.log10(Math.max(Math.abs(value), step) / step));
    return short(value, Math.max(1, Math.min(15, digits)));
  };
  const named = (share, axis, dots) => {
    if (!axis.ticks || axis.scale !== "linear") return at(share, axis, dots);
    const value = INVERSE.linear(share, axis);
    const near = axis.ticks.reduce((a, b) =>
      Math.abs(b[0] - value) < Math.abs(a[0] - value) ? b : a, axis.ticks[0]);
    return near ? near[1] : at(share, axis, dots);
  };

  // The value of a field at a place, as text: that of its cell, or between the nearest samples.
  const valueAt = (field, x, y) => {
    if (!field.list) {
      field.list = field.values.split(",").map((text) => (text === "" ? NaN : Number(text)));
      field.positive = field.list.every((value) => !(value <= 0));
    }
    const [left, top, width, height] = field.area;
    const columns = field.columns;
    const rows = field.list.length / columns;
    const [u, v] = [(x - left) / width * columns, (y - top) / height * rows];
    if (u < 0 || v < 0 || u > columns || v > rows) return "";
    const cell = (row, column) => field.list[
      Math.max(0, Math.min(rows - 1, row)) * columns + Math.max(0, Math.min(columns - 1, column))];
    if (field.cells) {
      const value = cell(Math.floor(v), Math.floor(u));
      return Number.isNaN(value) ? "none" : short(value, 4);
    }
    const [i, j] = [Math.floor(v - 0.5), Math.floor(u - 0.5)];
    const [s, t] = [v - 0.5 - i, u - 0.5 - j];
    const bend = field.positive ? Math.log : (value) => value;
    const mix = (a, b, part) => (part === 0 ? a : a + part * (b - a));
    const [a, b, c, d] = [cell(i, j), cell(i, j + 1), cell(i + 1, j), cell(i + 1, j + 1)].map(bend);
    const mixed = mix(mix(a, b, t), mix(c, d, t), s);
    if (Number.isNaN(mixed)) return "none";
    return "≈ " + short(field.positive ? Math.exp(mixed) : mixed, 3);
  };

  // The shown point that is nearest to a place and within reach.
  const nearest = (panel, x, y, reach) => {
    let found = null;
    let best = reach * reach;
    for (const mark of marks) {
      if (mark.panel !== panel) continue;
      for (let k = mark.from; k < mark.end; k++) {
        const distance = (mark.x[k] - x) ** 2 + (mark.y[k] - y) ** 2;
        if (distance < best || (distance === best && mark.steps)) {
          best = distance;
          found = { mark, k, x: mark.x[k], y: mark.y[k] };
        }
      }
    }
    return found;
  };

  const readout = byId("readout");
  const SVG = "http://www.w3.org/2000/svg";
  const draw = (group, name, kind, attributes) => {
    const node = document.createElementNS(SVG, name);
    node.setAttribute("class", kind);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
    group.appendChild(node);
  };
  const tell = (rows) => {
    const list = document.createElement("dl");
    for (const [name, text] of rows) {
      const term = document.createElement("dt");
      term.textContent = name;
      if (text === null) {
        term.className = "about";
        list.append(term);
        continue;
      }
      const value = document.createElement("dd");
      value.textContent = text;
      list.append(term, value);
    }
    readout.replaceChildren(list);
  };

  for (const svg of document.querySelectorAll("svg.plot")) {
    const index = Number(svg.dataset.panel);
    const panel = data.panels[index];
    const group = svg.querySelector(".pointer");
    const [left, top, width, height] = panel.area;
    const hide = () => {
      group.replaceChildren();
      readout.hidden = true;
    };
    const values = (x, y) => [
      [panel.x.label || "x", named((x - left) / width, panel.x, width)],
      [panel.y.label || "y", named(1 - (y - top) / height, panel.y, height)],
    ];
    const move = (event) => {
      const matrix = svg.getScreenCTM();
      if (!matrix) return;
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      group.replaceChildren();
      if (x < left || y < top || x > left + width || y > top + height) {
        hide();
        return;
      }
      draw(group, "line", "cross", { x1: x, x2: x, y1: top, y2: top + height });
      draw(group, "line", "cross", { x1: left, x2: left + width, y1: y, y2: y });
      const rows = values(x, y);
      for (const field of panel.fields) {
        const value = valueAt(field, x, y);
        if (value) rows.push([field.label || "value", value]);
      }
      const near = nearest(index, x, y, 25 / matrix.a);
      if (near) {
        draw(group, "circle", "near", { cx: near.x, cy: near.y, r: 55 });
        rows.push([near.mark.name || "nearest point", null]);
        if (near.mark.steps) rows.push(["step", String(near.mark.steps[near.k])]);
        // The step itself is exact, its place on an axis of steps is not.
        rows.push(...values(near.x, near.y).filter((row) => !near.mark.steps || row[0] !== "step"));
      }
      tell(rows);
      readout.hidden = false;
      const box = readout.getBoundingClientRect();
      const right = event.clientX + 16 + box.width > root.clientWidth;
      const below = event.clientY + 16 + box.height > root.clientHeight;
      const across = right ? event.clientX - 16 - box.width : event.clientX + 16;
      const down = below ? event.clientY - 16 - box.height : event.clientY + 16;
      readout.style.left = Math.max(4, across) + window.scrollX + "px";
      readout.style.top = Math.max(4, down) + window.scrollY + "px";
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerdown", move);
    svg.addEventListener("pointerleave", hide);
  }

  const theme = byId("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const chosen = root.dataset.theme ||
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = chosen === "dark" ? "light" : "dark";
  });

  const command = byId("command");
  if (command) {
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      const range = document.createRange();
      range.selectNodeContents(command);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try {
        await navigator.clipboard.writeText(command.textContent);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Selected"; // without the clipboard the reader copies the selection
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
    command.closest(".command").append(copy);
  }
})();
