/* One memory cell under the reader's hands: Sec. 4, Figure 1; App. A.1 (7)-(9), (21), (23)-(28).

   The net of network.js with one block of size 1. Weights are wired by hand: the signal x_1 leads to the cell with
   weight 1, "store" x_2 to the input gate and "read" x_3 to the output gate with weight 10. Nothing is recurrent but
   the carrousel. An error of 1 arrives at the cell's output at the last step and travels back. */

function makeMemoryCell() {
  "use strict";

  const { f_prime, Net } = makeNetwork();
  const N_STEPS = 16;

  function handWired(bias) {
    const net = new Net({ nInputs: 3, blockSizes: [1], nOutputs: 1 });
    const [input_gate, output_gate, cell] = [0, 1, 2];
    const set = (unit, source, value) => (net.w[unit + source * net.U] = value);
    set(cell, 0, 1);
    set(input_gate, 1, 10);
    set(output_gate, 2, 10);
    set(input_gate, net.M - 1, bias.in);
    set(output_gate, net.M - 1, bias.out);
    return net;
  }

  /* Run the cell; `inputs` holds [x_1, x_2, x_3] for every step. Return one row of numbers for every step. */
  function run(inputs, bias) {
    const rows = [];
    handWired(bias).respond({ nSteps: inputs.length, values: inputs.flat() }, ({ net, sigma, g_c, s_c, h_c, y }) =>
      rows.push({
        net_in: net[0],
        net_out: net[1],
        net_c: net[2],
        y_in: sigma[0],
        y_out: sigma[1],
        f_c: sigma[2],
        g: g_c[0],
        s_c: s_c[0],
        h: h_c[0],
        y_c: y[2],
      }),
    );
    // Back from the last step: once in the carrousel, e_s stays what it is.
    const last = rows.at(-1);
    const e_s = last.y_out * 2 * f_prime((last.h + 1) / 2); // (23) for an error of 1
    rows.forEach((row) => {
      row.e_y = Number(row === last);
      row.e_out = row.e_y * f_prime(row.y_out) * row.h; // (21): at the output gate's net input
      row.e_s = e_s;
      row.e_c = e_s * row.y_in * 4 * f_prime(row.f_c); // (27), (28): leaves through g
      row.e_in = e_s * row.g * f_prime(row.y_in); // (25), (26): leaves through the input gate
    });
    return rows;
  }

  return { N_STEPS, run };
}

if (typeof Picture !== "undefined") {
  Picture.mount("memory-cell", (live) => {
    "use strict";
    const { element, slider, choice, button, svg, chart, written, roundBelow } = Picture;
    const { N_STEPS, run } = makeMemoryCell();

    const noise = [0.3, -0.6, 0.9, -0.4, 0.5, 0.8, -0.9, 0.2, -0.3, 0.7, -0.5, 0.6, -0.8, 0.4, -0.2, 0.1];
    const positive = [0.9, 0.4, 0.7, 0.2, 0.8, 0.5, 0.9, 0.3, 0.6, 0.8, 0.4, 0.7, 0.9, 0.2, 0.6, 0.5];
    const at = (...steps) => Array.from({ length: N_STEPS }, (_, t) => Number(steps.includes(t + 1)));
    const SCENES = {
      store: { words: "Store, wait, read", in: -5, out: -5, x: [noise, at(3), at(N_STEPS)] },
      drift: { words: "Input gate half open: drift", in: 0, out: 5, x: [positive, at(), at()] },
      shut: { words: "Output gate shut: no error gets in", in: -5, out: -5, x: [noise, at(3), at()] },
      cancel: { words: "Store twice: the second adds to the first", in: -5, out: 5, x: [noise, at(3, 7), at()] },
    };

    const controls = element("div", { class: "controls" });
    live.append(controls);
    const words = Object.fromEntries(Object.entries(SCENES).map(([name, { words }]) => [name, words]));
    const scene = choice(controls, "Begin with", words, () => begin(SCENES[scene.value]));
    const gate = { min: -10, max: 10, step: 0.5, value: 0, show: (x) => written(x) };
    const inBias = slider(controls, "Bias of the input gate", gate, draw);
    const outBias = slider(controls, "Bias of the output gate", gate, draw);
    const shown = slider(
      controls,
      "Step shown",
      { min: 1, max: N_STEPS, value: 3, show: (t) => `${t} of ${N_STEPS}` },
      draw,
    );

    const buttons = element("div", { class: "buttons" });
    live.append(buttons);
    const drawing = svg(live);
    live.append(element("p", { class: "heading" }, "The input sequence: drag, tap, or use the arrow keys"));
    const bars = [
      barEditor("x\u2081, the signal", -1, 0.1),
      barEditor("x\u2082, store: opens the input gate", 0, 1),
      barEditor("x\u2083, read: opens the output gate", 0, 1),
    ];
    live.append(element("p", { class: "heading" }, "What the cell does with it"));
    const pictures = Object.fromEntries(["nets", "gates", "cell", "errors"].map((name) => [name, svg(live)]));

    /* Play: the steps one after the other, then the error back from the last to the first. Not where the reader has
       asked for less motion: the slider leads to the same steps. */
    let way = "both"; // what is drawn: "forward" without errors, "back" with the errors so far, "both" with all
    let timer = 0;
    const STEP_TIME = 350; // milliseconds
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      const play = button(buttons, "Play", () => {
        if (timer) return stop();
        way = "forward";
        shown.value = 1;
        play.textContent = "Stop";
        timer = setInterval(next, STEP_TIME);
        draw();
      });
      const stop = () => {
        timer = clearInterval(timer) || 0;
        way = "both";
        play.textContent = "Play";
        draw();
      };
      const next = () => {
        if (way === "forward" && shown.value === N_STEPS) way = "back";
        else if (way === "forward") shown.value += 1;
        else if (shown.value > 1) shown.value -= 1;
        else return stop();
        draw();
      };
    }

    /* One input over all steps: every step is a slider. One of them is in the tab order; arrow keys lead to the rest. */
    function barEditor(name, low, stride) {
      const row = element("div", { class: "bars", role: "group", "aria-label": name });
      const values = Array(N_STEPS).fill(0);
      let current = 0;
      const handles = values.map((_, t) =>
        element("div", {
          role: "slider",
          "aria-label": `${name.split(",")[0]} at step ${t + 1}`,
          "aria-valuemin": low,
          "aria-valuemax": 1,
          tabindex: t ? -1 : 0,
        }, element("span")),
      );
      row.append(...handles);
      live.append(element("p", { class: "bars-name", "aria-hidden": "true" }, name), row);

      function show(t) {
        const share = (v) => (100 * (v - low)) / (1 - low);
        const [from, to] = [share(0), share(values[t])].sort((a, b) => a - b);
        handles[t].firstChild.style.cssText = `bottom: ${from}%; height: max(2px, ${to - from}%)`;
        handles[t].setAttribute("aria-valuenow", values[t]);
      }
      function set(t, value) {
        values[t] = Math.round(Math.min(Math.max(value, low), 1) / stride) * stride;
        values[t] = Number(values[t].toFixed(1));
        show(t);
        shown.value = t + 1;
        draw();
      }
      function go(t, focus) {
        handles[current].tabIndex = -1;
        current = Math.min(Math.max(t, 0), N_STEPS - 1);
        handles[current].tabIndex = 0;
        if (focus) handles[current].focus();
      }
      row.addEventListener("keydown", (event) => {
        const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        const upwards = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        const ends = { Home: low, End: 1 }[event.key];
        if (sideways) go(current + sideways, true);
        else if (upwards) set(current, values[current] + upwards * stride);
        else if (ends !== undefined) set(current, ends);
        else return;
        event.preventDefault();
      });
      let painted = null;
      function paint(event) {
        const box = row.getBoundingClientRect();
        const t = Math.floor(((event.clientX - box.left) / box.width) * N_STEPS);
        if (t < 0 || t >= N_STEPS) return;
        if (painted === null) painted = stride === 1 ? 1 - values[t] : 0;
        go(t, false);
        set(t, stride === 1 ? painted : 1 - ((event.clientY - box.top) / box.height) * (1 - low));
      }
      row.addEventListener("pointerdown", (event) => {
        painted = null;
        row.setPointerCapture(event.pointerId);
        paint(event);
      });
      row.addEventListener("pointermove", (event) => event.buttons && paint(event));

      return {
        values,
        mark: (now) => handles.forEach((handle, t) => handle.classList.toggle("now", t === now)),
        fill(given) {
          given.forEach((value, t) => {
            values[t] = value;
            show(t);
          });
        },
      };
    }

    function begin({ in: b_in, out: b_out, x }) {
      inBias.value = b_in;
      outBias.value = b_out;
      bars.forEach((bar, m) => bar.fill(x[m]));
      draw();
    }

    function draw() {
      const inputs = Array.from({ length: N_STEPS }, (_, t) => bars.map((bar) => bar.values[t]));
      const rows = run(inputs, { in: inBias.value, out: outBias.value });
      const t = shown.value;
      bars.forEach((bar) => bar.mark(t - 1));
      drawCell(rows[t - 1], t);
      drawCourse(rows, t);
    }

    /* The cell as in the paper's Figure 1, with the numbers of one step; errors below, going the other way. */
    function drawCell(row, t) {
      const width = drawing.parentElement.clientWidth;
      const X = (column) => (width * (column + 0.5)) / 7;
      const half = Math.min(26, width / 14 - 3);
      const middle = 122;
      const n = (v) => written(v, Math.abs(v) < 0.1 ? 1 : 2);
      const words = (x, y, text, kind = "") => `<text class="${kind}" x="${x}" y="${y}" text-anchor="middle">${text}</text>`;
      const sub = (symbol, index) => `${symbol}<tspan class="index" dy="3">${index}</tspan>`;
      const sup = (symbol, index) => `${symbol}<tspan class="index" dy="-4">${index}</tspan>`;
      const box = (column, y, symbol, value, kind) =>
        `<rect class="node ${kind}" rx="6" x="${X(column) - half}" y="${y - 20}" width="${2 * half}" height="40"/>` +
        words(X(column), y - 4, symbol, "symbol") + words(X(column), y + 13, n(value));
      const times = (column) =>
        `<circle class="node plain" r="9" cx="${X(column)}" cy="${middle}"/>` + words(X(column), middle + 4, "\u00d7");
      const arrow = (x1, y1, x2, y2, kind = "wire") => {
        const [dx, dy] = [Math.sign(x2 - x1) * 5, Math.sign(y2 - y1) * 5];
        return (
          `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>` +
          `<path class="${kind}" d="M ${x2 - dx - dy} ${y2 - dy - dx} L ${x2} ${y2} L ${x2 - dx + dy} ${y2 - dy + dx}"/>`
        );
      };
      const right = (from, to, a = half, b = half) => arrow(X(from) + a, middle, X(to) - b, middle);
      const gate = (column, name, net, value, kind) =>
        words(X(column), 12, `${sub("net", name)}`, "symbol") + words(X(column), 28, n(net)) +
        arrow(X(column), 33, X(column), 42) + box(column, 64, sup("y", name), value, kind) +
        arrow(X(column), 84, X(column), middle - 10);
      const back = middle + 62;
      const error = (column, value, symbol) =>
        `<circle class="error" r="3" cx="${X(column)}" cy="${back}"/>` +
        words(X(column), back - 8, n(value), "back") + words(X(column), back + 16, symbol, "back");
      const loop = `M ${X(3) - half + 6} ${middle - 20} C ${X(3) - half} ${middle - 52}, ${X(3) + half} ${middle - 52}, ${X(3) + half - 6} ${middle - 21}`;
      drawing.setAttribute("width", width);
      drawing.setAttribute("height", 212);
      drawing.setAttribute(
        "aria-label",
        `The cell at step ${t}. Input gate: net input ${written(row.net_in)}, activation ${written(row.y_in)}. ` +
          `Cell: net input ${written(row.net_c)}, g ${written(row.g)}, internal state ${written(row.s_c)}, h ${written(row.h)}. ` +
          `Output gate: net input ${written(row.net_out)}, activation ${written(row.y_out)}. Output ${written(row.y_c)}. ` +
          `Error: in the carrousel ${written(row.e_s)}, at the cell's net input ${written(row.e_c)}, at the input gate's ${written(row.e_in)}.`,
      );
      drawing.innerHTML =
        words(X(0), middle - 4, sub("net", "c"), "symbol") + words(X(0), middle + 13, n(row.net_c)) +
        right(0, 1, half - 2) + box(1, middle, "g", row.g, "plain") + right(1, 2, half, 9) + times(2) +
        gate(2, "in", row.net_in, row.y_in, "in-gate") + right(2, 3, 9) +
        `<path class="state" d="${loop}"/>` + words(X(3), middle - 48, "1.0") +
        box(3, middle, sub("s", "c"), row.s_c, "state") + right(3, 4) +
        box(4, middle, "h", row.h, "plain") + right(4, 5, half, 9) + times(5) +
        gate(5, "out", row.net_out, row.y_out, "out-gate") + right(5, 6, 9, half - 2) +
        words(X(6), middle - 4, sup("y", "c"), "symbol") + words(X(6), middle + 13, n(row.y_c));
      if (way === "forward") return;
      drawing.innerHTML +=
        arrow(X(6), back, X(0), back, "error") +
        error(6, row.e_y, `at ${sup("y", "c")}`) + error(5, row.e_out, `at ${sub("net", "out")}`) +
        error(3, row.e_s, `at ${sub("s", "c")}`) + error(2, row.e_in, `at ${sub("net", "in")}`) +
        error(0, row.e_c, `at ${sub("net", "c")}`);
    }

    function drawCourse(rows, t) {
      const reached = { forward: N_STEPS, back: t - 1, both: 0 }[way]; // where the error has not been yet
      const over = { x: [0.5, N_STEPS + 0.5], xTicks: [1, 4, 8, 12, 16], height: 118 };
      const draw = (picture, options, curves) => {
        const values = curves.flatMap(([key]) => rows.map((row) => row[key]));
        const reach = options.y ? 0 : Math.max(0.1, ...values.map(Math.abs));
        const mark = reach && roundBelow(reach);
        const axis = reach ? { y: [-reach, reach], yTicks: [-mark, 0, mark] } : {};
        const says = curves.map(([key, , name]) => `${name} ${written(rows[t - 1][key], 2)}`).join(", ");
        chart(picture, { ...over, ...axis, ...options, says: `At step ${t}: ${says}.` }, ({ upright, line, dot }) =>
          upright(t, "mark") +
          curves
            .map(([key, kind]) => {
              const points = rows.map((row, i) => [i + 1, row[key]]).slice(key.startsWith("e_") ? reached : 0);
              return line(points, kind) + (points.length ? dot(t, rows[t - 1][key], kind) : "");
            })
            .join(""),
        );
      };
      const sub = (symbol, index) => `${symbol}<tspan class="index" dy="3">${index}</tspan><tspan dy="-3">\u200b</tspan>`;
      const sup = (symbol, index) => `${symbol}<tspan class="index" dy="-4">${index}</tspan><tspan dy="4">\u200b</tspan>`;
      const key = (kind, words) => `<tspan class="swatch ${kind}"> \u25cf </tspan>${words}`;
      draw(
        pictures.nets,
        { yLabel: "net inputs:" + key("in-gate", sub("net", "in")) + key("out-gate", sub("net", "out")) + key("trial", sub("net", "c")) },
        [["net_in", "in-gate", "input gate"], ["net_out", "out-gate dash-1", "output gate"], ["net_c", "trial", "cell"]],
      );
      draw(
        pictures.gates,
        { y: [0, 1], yTicks: [0, 0.5, 1], yLabel: "gates:" + key("in-gate", sup("y", "in")) + key("out-gate", sup("y", "out")) },
        [["y_in", "in-gate", "input gate"], ["y_out", "out-gate dash-1", "output gate"]],
      );
      draw(
        pictures.cell,
        {
          height: 150,
          yLabel: "cell:" + key("trial", "g") + key("state", sub("s", "c")) + key("state", "h (dashed)") + key("output", sup("y", "c")),
        },
        [["g", "trial", "g"], ["s_c", "state", "internal state"], ["h", "state dash-1", "h"], ["y_c", "output", "output"]],
      );
      draw(
        pictures.errors,
        {
          height: 160,
          xLabel: "time step (the error goes from right to left)",
          yLabel: "error:" + key("error", `at ${sub("s", "c")}`) + key("error", `at ${sub("net", "c")} (dashed)`) + key("error", `at ${sub("net", "in")} (dotted)`),
        },
        [["e_s", "error", "in the carrousel"], ["e_c", "error dash-1", "at the cell's net input"], ["e_in", "error dash-2", "at the input gate's"]],
      );
    }

    begin(SCENES.store);
    return draw;
  });
}
