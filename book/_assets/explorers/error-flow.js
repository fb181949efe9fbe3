/* Error flow in an ordinary recurrent net: Sec. 3.1, (1) and the last inequality; lstm97/theory/error_flow.py once more.

   All units see each other; w[i * n + j] leads from unit j to unit i. An error at unit u, q steps later, reaches unit v
   multiplied by a factor; shown is the largest |factor| among all pairs (u, v), for every lag q. */

function makeErrorFlow() {
  "use strict";

  const { f, f_prime } = makeNetwork();
  const { generator } = makeTasks();

  /* What squashes, its derivative where its value is y, and the greatest derivative there is. */
  const ACTIVATIONS = {
    logistic: { words: "logistic, f\u2032 \u2264 1/4", squash: f, prime: f_prime, most: 1 / 4 },
    tanh: { words: "tanh, f\u2032 \u2264 1", squash: Math.tanh, prime: (y) => 1 - y * y, most: 1 },
    linear: { words: "linear, f\u2032 = 1", squash: (net) => net, prime: () => 1, most: 1 },
  };

  /* A random net: weights from [-1, 1], to be scaled, and activations to start from. */
  function randomNet(n, seed) {
    const random = generator(seed, n);
    const w = Float64Array.from({ length: n * n }, () => 2 * random() - 1);
    return { n, w, y: Float64Array.from({ length: n }, random) };
  }

  /* The derivatives that an error meets on its way back, f'_i(net_i(t-m)) for m = 1, ..., q, after a run of q + 10. */
  function derivatives({ n, w, y }, w_max, activation, q) {
    const { squash, prime } = ACTIVATIONS[activation];
    const rows = [];
    for (let t = 0; t < q + 9; t++) {
      const net = y.map((_, i) => w_max * y.reduce((sum, y_j, j) => sum + w[i * n + j] * y_j, 0));
      y = net.map(squash);
      rows.unshift(y.map(prime));
    }
    return rows.slice(0, q);
  }

  /* The largest |factor| for every lag up to q, by the recursion (1). */
  function largestFactors(net, w_max, activation, q) {
    const { n, w } = net;
    let factors = Float64Array.from({ length: n * n }, (_, p) => Number(p % (n + 1) === 0)); // lag 0: identity
    return derivatives(net, w_max, activation, q).map((f_prime_back) => {
      const next = new Float64Array(n * n);
      for (let u = 0; u < n; u++) {
        for (let v = 0; v < n; v++) {
          let sum = 0;
          for (let l = 0; l < n; l++) sum += factors[u * n + l] * w_max * w[l * n + v];
          next[u * n + v] = sum * f_prime_back[v];
        }
      }
      factors = next;
      return factors.reduce((most, factor) => Math.max(most, Math.abs(factor)), 0);
    });
  }

  /* tau = n w_max f'_max, and the bound n tau^q. */
  const tau = (n, w_max, activation) => n * w_max * ACTIVATIONS[activation].most;
  const bound = (n, w_max, activation, q) => n * tau(n, w_max, activation) ** q;

  return { ACTIVATIONS, randomNet, largestFactors, tau, bound };
}

if (typeof Picture !== "undefined") {
  Picture.mount("error-flow", (live) => {
    "use strict";
    const { element, slider, choice, button, svg, chart, written } = Picture;
    const { ACTIVATIONS, randomNet, largestFactors, tau, bound } = makeErrorFlow();
    const Q = 100;

    const controls = element("div", { class: "controls" });
    const buttons = element("div", { class: "buttons" });
    const facts = element("dl", { class: "facts" });
    const status = element("p", { class: "visually-hidden", role: "status" });
    live.append(controls, buttons, facts, status);

    const scale = slider(
      controls,
      "Weights up to",
      { min: -3, max: 5, step: 0.1, value: -1.5, show: (x) => written(2 ** x, 2) },
      draw,
    );
    const units = slider(controls, "Units n", { min: 1, max: 20, value: 10 }, draw);
    const lag = slider(controls, "Lag q", { min: 1, max: Q, value: 20 }, draw);
    const words = Object.fromEntries(Object.entries(ACTIVATIONS).map(([name, { words }]) => [name, words]));
    const activation = choice(controls, "Activation", words, draw);
    let seed = 1;
    button(buttons, "Another random net", () => {
      seed += 1;
      draw();
      say();
    });
    controls.addEventListener("change", say);

    const fact = Object.fromEntries(
      ["Largest |factor|", "Bound n\u00a0\u03c4^q", "Mean factor per step", "\u03c4"].map((name) => {
        const value = element("dd");
        const term = element("dt", {}, name.replace("^q", ""));
        if (name.endsWith("^q")) term.append(element("sup", {}, "q"));
        facts.append(element("div", {}, term, value));
        return [name, value];
      }),
    );
    const [ofFactor, ofBound, ofStep, ofTau] = Object.values(fact);
    const picture = svg(live);

    function draw() {
      const [n, q, w_max] = [units.value, lag.value, 2 ** scale.value];
      const factors = largestFactors(randomNet(n, seed), w_max, activation.value, Q);
      const factor = factors[q - 1];
      const perStep = factor ** (1 / q);
      const limit = bound(n, w_max, activation.value, q);
      ofFactor.textContent = written(factor);
      ofBound.textContent = written(limit);
      ofStep.textContent = written(perStep);
      ofTau.textContent = written(tau(n, w_max, activation.value));
      const says = `At lag ${q} the largest factor is ${written(factor)}, ${written(perStep)} per step on average; the bound is ${written(limit)}.`;
      // the axis grows by twelve powers of ten at a time, until the factor at the chosen lag is inside
      const decades = Math.log10(Math.max(factor, 1e-300)); // saturated units let nothing through
      const low = -12 * Math.max(1, Math.ceil(-decades / 12));
      const high = Math.max(6, 12 * Math.ceil(decades / 12));
      const apart = 3 * Math.ceil((high - low) / 24);
      const powers = Array.from({ length: Math.floor((high - low) / apart) + 1 }, (_, i) => 10 ** (high - i * apart));
      chart(
        picture,
        {
          height: 320,
          x: [0, Q],
          y: [10 ** low, 10 ** high],
          log: true,
          xLabel: "lag q (time steps back)",
          yLabel: "largest |factor|",
          xTicks: [0, 20, 40, 60, 80, 100],
          yTicks: powers,
          says,
        },
        ({ line, upright, level, text, dot }) =>
          level(1, "one") +
          text(Q, 1, "constant error", { dy: -4, anchor: "end" }) +
          upright(q, "mark") +
          line([[0, n], [Q, bound(n, w_max, activation.value, Q)]], "error dash-1") +
          line([[0, 1], [q, factor]], "slope") +
          line(factors.map((value, i) => [i + 1, value]), "error") +
          dot(q, factor, "error"),
      );
    }

    /* Speak once a control has come to rest. */
    function say() {
      status.textContent = picture.getAttribute("aria-label");
    }

    const key = element("p", { class: "key" });
    key.innerHTML =
      '<span class="swatch error"></span> largest |factor| <span class="swatch error dashed"></span> bound ' +
      '<span class="swatch slope"></span> mean slope up to lag q';
    live.append(key);
    return draw;
  });
}
