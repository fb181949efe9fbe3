/* What the explorers share: where they stand in a page, controls with labels, and charts in SVG.

   A page holds <figure class="explorer explorer-NAME"> with a picture and a caption. `mount` puts the explorer in the
   picture's place; without JavaScript the picture stays. Charts are drawn anew whenever a number or the width changes,
   in the pixels of the screen, so that letters keep their size on a phone. */

const Picture = (() => {
  "use strict";

  let ids = 0;

  /* Make an element: element("button", { type: "button" }, "Start"). */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /* Put an explorer in the place of its picture; `build` returns a function that draws it. */
  function mount(name, build) {
    for (const figure of document.querySelectorAll(`figure.explorer-${name}`)) {
      const picture = figure.firstElementChild;
      const live = element("div", { class: "live" });
      picture.before(live);
      const draw = build(live);
      picture.remove();
      let width = 0;
      new ResizeObserver(() => {
        if (live.clientWidth === width) return;
        width = live.clientWidth;
        draw();
      }).observe(live);
    }
  }

  function labelled(text, input, ...more) {
    input.id = `explorer-${(ids += 1)}`;
    return element("div", { class: "control" }, element("label", { for: input.id }, text), input, ...more);
  }

  /* A slider; `show` turns its position into what is read out, and `change` is called when it moves. */
  function slider(into, text, { min, max, step = 1, value, show = String }, change) {
    const input = element("input", { type: "range", min, max, step });
    const shown = element("span", { class: "value", "aria-hidden": "true" });
    const tell = () => {
      shown.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    input.value = value;
    input.addEventListener("input", () => {
      tell();
      change();
    });
    tell();
    into.append(labelled(text, input, shown));
    return {
      get value() {
        return Number(input.value);
      },
      set value(x) {
        input.value = x;
        tell();
      },
    };
  }

  /* A list to choose from: choices are { value: words }. */
  function choice(into, text, choices, change) {
    const input = element("select");
    for (const [value, words] of Object.entries(choices)) input.append(element("option", { value }, words));
    input.addEventListener("change", change);
    into.append(labelled(text, input));
    return input;
  }

  /* A field for a number. */
  function number(into, text, attributes, change) {
    const input = element("input", { type: "number", required: "", ...attributes });
    input.addEventListener("change", change);
    into.append(labelled(text, input));
    return input;
  }

  function button(into, text, press) {
    const made = element("button", { type: "button" }, text);
    made.addEventListener("click", press);
    into.append(made);
    return made;
  }

  const RAISED = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078", 9: "\u2079" };

  /* Numbers as people write them: 1,234; 0.0312; 3.1 times a power of ten. */
  function written(x, digits = 3) {
    const size = Math.abs(x);
    if (x === 0 || !Number.isFinite(x)) return String(Math.abs(x));
    if (size >= 1e7 || size < 1e-3) {
      const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
      return `${mantissa.replace("-", "\u2212")}\u00b710${Array.from(exponent.replace("+", ""), (c) => RAISED[c]).join("")}`;
    }
    return Number(x.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "\u2212");
  }

  /* An SVG picture that says in words what it shows. */
  function svg(into) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    made.setAttribute("role", "img");
    made.id = `explorer-${(ids += 1)}`;
    into.append(made);
    return made;
  }

  /* Draw a chart: axes first, then what `marks` returns, written with the scales that it is given. */
  function chart(picture, { height, x, y, log = false, xLabel = "", yLabel, yTicks, xTicks, room = 12, says }, marks) {
    const width = picture.parentElement.clientWidth;
    const left = 50;
    const right = width - room;
    const top = 25;
    const bottom = height - (xLabel ? 40 : 8);
    const scale = log ? Math.log10 : Number;
    const [low, high] = y.map(scale);
    const X = (t) => left + ((t - x[0]) / (x[1] - x[0])) * (right - left);
    const Y = (v) => bottom - ((scale(v) - low) / (high - low)) * (bottom - top);
    const place = (v) => Math.min(Math.max(v, -1e4), 1e4).toFixed(1);
    const line = (points, kind) =>
      `<polyline clip-path="url(#${picture.id}-clip)" class="${kind}" points="${points.map(([t, v]) => `${place(X(t))},${place(Y(v))}`).join(" ")}"/>`;
    const text = (t, v, words, { dx = 0, dy = 0, anchor = "start" } = {}) =>
      `<text x="${place(X(t) + dx)}" y="${place(Y(v) + dy)}" text-anchor="${anchor}">${words}</text>`;
    const upright = (t, kind) =>
      `<line class="${kind}" x1="${place(X(t))}" x2="${place(X(t))}" y1="${top}" y2="${bottom}"/>`;
    const level = (v, kind) => `<line class="${kind}" x1="${left}" x2="${right}" y1="${place(Y(v))}" y2="${place(Y(v))}"/>`;
    const dot = (t, v, kind) => `<circle class="${kind}" r="4.5" cx="${place(X(t))}" cy="${place(Y(v))}"/>`;

    const ticks = (xTicks || []).map(
      (t) => upright(t, "grid") + (xLabel ? `<text x="${place(X(t))}" y="${bottom + 16}" text-anchor="middle">${written(t)}</text>` : ""),
    );
    for (const v of yTicks) {
      const name = log && v > 0 && (v < 0.01 || v >= 1000) ? `10<tspan class="power" dy="-5">${Math.round(Math.log10(v))}</tspan>` : written(v);
      ticks.push(level(v, "grid"), `<text x="${left - 6}" y="${place(Y(v) + 4)}" text-anchor="end">${name}</text>`);
    }
    const clip = `<clipPath id="${picture.id}-clip"><rect x="${left}" y="${top - 1}" width="${right - left}" height="${bottom - top + 2}"/></clipPath>`;
    const names = `<text x="4" y="13" class="name">${yLabel}</text><text x="${right}" y="${height - 5}" text-anchor="end" class="name">${xLabel}</text>`;
    picture.setAttribute("width", width);
    picture.setAttribute("height", height);
    picture.setAttribute("aria-label", says);
    picture.innerHTML = clip + ticks.join("") + names + marks({ line, text, upright, level, dot, X, Y, left, right, top, bottom, width });
  }

  /* Round steps for an axis from 0 to `end`: 0, 20, 40, ... */
  function roundSteps(end, count = 4) {
    const rough = end / count;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find((n) => n * unit >= rough);
    return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
  }

  /* The largest of 1, 2, 5, 10, 20, ... that is not above `end`. */
  function roundBelow(end) {
    const unit = 10 ** Math.floor(Math.log10(end));
    return unit * [5, 2, 1].find((n) => n * unit <= end);
  }

  return { element, mount, slider, choice, number, button, written, svg, chart, roundSteps, roundBelow };
})();
