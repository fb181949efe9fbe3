/* Train it here: the net of 1997 learns in the reader's browser, in a worker, at full speed.

   A trial is that of the paper: sequences one after the other, a weight change after each, until the mean absolute
   error of the last 2000 sequences is below beta and all of them were correct (Table 11; Sec. 5.4, 5.6). Then come
   2560 fresh sequences as a test. */

function makeTrial() {
  "use strict";

  const { Net } = makeNetwork();
  const { generator, tasks } = makeTasks();
  const WINDOW = 2000;
  const N_POINTS = 128;
  const N_TEST = 2560;

  class Trial {
    constructor({ task, seed, alpha }) {
      this.name = task;
      this.task = tasks[task];
      this.seed = seed;
      this.alpha = alpha;
      this.net = new Net(this.task.net);
      this.net.start(generator(seed, 1), this.task.weightRange, this.task);
      this.random = generator(seed, 2);
      this.example = this.task.sample(generator(seed, 4));
      this.sequences = 0;
      this.steps = 0;
      this.inARow = 0;
      this.recent = new Float64Array(WINDOW);
      this.curve = { window: 100, errors: [], sum: 0, count: 0 };
      this.solved = false;
    }

    /* Mean absolute error of the outputs, and whether all of them were within the tolerance. */
    judge({ target }) {
      const { y_k } = this.net;
      let sum = 0;
      let correct = true;
      for (let k = 0; k < y_k.length; k++) {
        const error = Math.abs(target[k] - y_k[k]);
        sum += error;
        correct = correct && error < this.task.tolerance;
      }
      return { error: sum / y_k.length, correct };
    }

    /* Present the next sequence and learn from it. */
    learn() {
      const sequence = this.task.sample(this.random);
      this.net.present(sequence, this.alpha);
      const { error, correct } = this.judge(sequence);
      this.recent[this.sequences % WINDOW] = error;
      this.sequences += 1;
      this.steps += sequence.nSteps;
      this.inARow = correct ? this.inARow + 1 : 0;
      this.addToCurve(error);
      this.solved = this.inARow >= WINDOW && this.meanError() < this.task.beta;
    }

    meanError() {
      const n = Math.min(this.sequences, WINDOW);
      return n ? this.recent.reduce((a, b) => a + b) / n : NaN;
    }

    /* At most 128 points of equal windows; when they run out, neighbours are merged. */
    addToCurve(error) {
      const { curve } = this;
      curve.sum += error;
      curve.count += 1;
      if (curve.count < curve.window) return;
      curve.errors.push(curve.sum / curve.count);
      curve.sum = curve.count = 0;
      if (curve.errors.length === N_POINTS) {
        curve.errors = curve.errors.filter((_, i) => i % 2).map((e, i) => (curve.errors[2 * i] + e) / 2);
        curve.window *= 2;
      }
    }

    /* What happens inside over the example, without learning. */
    trace() {
      const rows = [];
      this.net.respond(this.example, ({ sigma, s_c, y_k, firstCell }) =>
        rows.push({ gates: Array.from(sigma.subarray(0, firstCell)), s_c: Array.from(s_c), y_k: Array.from(y_k) }),
      );
      return rows;
    }

    test() {
      const random = generator(this.seed, 3);
      let sum = 0;
      let wrong = 0;
      for (let i = 0; i < N_TEST; i++) {
        const sequence = this.task.sample(random);
        this.net.respond(sequence);
        const { error, correct } = this.judge(sequence);
        sum += error;
        wrong += !correct;
      }
      return { n: N_TEST, wrong, meanError: sum / N_TEST };
    }
  }

  return Trial;
}

/* The worker: learns in slices of time, and reports after each. */
function trainInWorker() {
  "use strict";
  const Trial = makeTrial();
  let trial;
  let running = false;
  let pause = 80; // milliseconds between reports
  let busy = 0;

  function report() {
    const { name, sequences, steps, inARow, curve, example, solved } = trial;
    postMessage({
      name,
      sequences,
      inARow,
      solved,
      running,
      meanError: trial.meanError(),
      stepsPerSecond: busy ? (1000 * steps) / busy : NaN,
      curve: { window: curve.window, errors: curve.errors },
      example,
      trace: trial.trace(),
      test: solved ? trial.test() : null,
    });
  }

  function work() {
    if (!running) return;
    const started = performance.now();
    do trial.learn();
    while (!trial.solved && performance.now() - started < pause);
    busy += performance.now() - started;
    running = !trial.solved;
    report();
    setTimeout(work);
  }

  const commands = {
    reset(settings) {
      running = false;
      busy = 0;
      pause = settings.pause;
      trial = new Trial(settings);
      report();
    },
    run() {
      if (running || trial.solved) return;
      running = true;
      work();
    },
    pause() {
      running = false;
      report();
    },
    step() {
      running = false;
      const started = performance.now();
      if (!trial.solved) trial.learn();
      busy += performance.now() - started;
      report();
    },
  };
  onmessage = ({ data }) => commands[data.command](data);
}

if (typeof Picture !== "undefined") {
  Picture.mount("train", (live) => {
    "use strict";
    const { element, choice, number, button, svg, chart, written, roundSteps, roundBelow } = Picture;
    const { tasks } = makeTasks();
    const source = [makeNetwork, makeTasks, makeTrial, trainInWorker, "trainInWorker()"].join("\n");
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

    const settings = element("div", { class: "controls" });
    const buttons = element("div", { class: "buttons" });
    const status = element("p", { class: "status", role: "status" });
    const facts = element("dl", { class: "facts" });
    live.append(settings, buttons, status, facts);

    const task = choice(settings, "Task", { order: "Temporal order (6a)", adding: "Adding (T = 100)" }, () => {
      alpha.value = tasks[task.value].alpha;
      reset();
    });
    const seed = number(settings, "Seed", { min: 1, max: 999999, step: 1, value: 1 }, reset);
    const alpha = number(settings, "Learning rate \u03b1", { min: 0.001, max: 10, step: "any", value: 0.5 }, reset);

    const start = button(buttons, "Start", () => {
      const command = seen.running ? "pause" : "run";
      status.textContent = seen.running ? "" : "Learning.";
      worker.postMessage({ command });
    });
    const step = button(buttons, "Step: one sequence", () => worker.postMessage({ command: "step" }));
    button(buttons, "Reset", reset);

    const fact = Object.fromEntries(
      ["Sequences", "Time steps per second", "Mean error, last 2,000", "Correct in a row"].map((name) => {
        const value = element("dd");
        facts.append(element("div", {}, element("dt", {}, name), value));
        return [name, value];
      }),
    );
    const pictures = ["curve", "inGates", "outGates", "states", "outputs"].reduce((made, name) => {
      if (name === "inGates") live.append(element("p", { class: "heading" }, "Inside the net, over one sequence that it does not learn from"));
      return { ...made, [name]: svg(live) };
    }, {});

    let seen; // the worker's last report
    let drawn; // the last one that was drawn

    function reset() {
      if (![seed, alpha].every((input) => input.reportValidity())) return;
      const [seedNumber, rate] = [seed, alpha].map((input) => Number(input.value));
      worker.postMessage({ command: "reset", task: task.value, seed: seedNumber, alpha: rate, pause: calm ? 1000 : 80 });
    }

    // Reports may come faster than a busy page can draw: one of them for each frame is enough.
    worker.onmessage = ({ data }) => {
      if (seen === drawn) requestAnimationFrame(draw);
      seen = data;
    };

    /* The status line speaks only when something begins or ends. */
    function say() {
      const { sequences, solved, running, meanError, test } = seen;
      if (solved) {
        status.textContent =
          `Learned after ${sequences.toLocaleString("en")} sequences: the last 2,000 were all correct, with a mean error of ` +
          `${written(meanError)}. Of ${test.n.toLocaleString("en")} fresh sequences, ${test.wrong} came out wrong.`;
      } else if (!sequences) {
        status.textContent = "Ready: the weights are random.";
      } else if (drawn?.running && !running) {
        status.textContent = `Paused after ${sequences.toLocaleString("en")} sequences.`;
      }
    }

    function draw() {
      if (!seen) return;
      if (seen !== drawn) say();
      drawn = seen;
      const { name, sequences, inARow, running, solved, meanError, stepsPerSecond, curve, example, trace } = seen;
      const { beta, outputs } = tasks[name];
      start.textContent = running ? "Pause" : "Start";
      start.disabled = solved;
      step.disabled = solved || running;
      fact.Sequences.textContent = sequences.toLocaleString("en");
      fact["Time steps per second"].textContent = sequences > 100 ? written(stepsPerSecond, 2) : "\u2013";
      fact["Mean error, last 2,000"].textContent = sequences ? written(meanError) : "\u2013";
      fact["Correct in a row"].textContent = inARow.toLocaleString("en");

      const end = Math.max(128 * 100, curve.errors.length * curve.window * 1.02);
      const points = curve.errors.map((error, i) => [(i + 1) * curve.window, error]);
      const lowest = name === "adding" ? 0.003 : 0.01;
      chart(
        pictures.curve,
        {
          height: 230,
          x: [0, end],
          y: [lowest, 1],
          log: true,
          xLabel: "sequences",
          yLabel: "mean absolute error",
          xTicks: roundSteps(end),
          yTicks: [0.01, 0.1, 1],
          says: points.length
            ? `Learning curve: after ${points.at(-1)[0]} sequences the mean error is ${written(points.at(-1)[1])}.`
            : "Learning curve, still empty.",
        },
        ({ line, level, text, dot }) =>
          level(beta, "target") +
          text(0, beta, `needed: below ${beta}`, { dx: 4, dy: -5 }) +
          line(points, "trial") +
          (solved ? dot(...points.at(-1), "trial") : ""),
      );

      const over = { x: [1, trace.length], xTicks: [1, 20, 40, 60, 80, 100], room: 70 };
      const marks = ({ upright, X, top, bottom }, named) =>
        example.marks
          .map(({ t, label }) => upright(t + 1, "mark") + (named ? `<text x="${X(t + 1) + 4}" y="${top + 10}">${label}</text>` : ""))
          .join("");
      const curves = (rows, names, kind) => (scales) => {
        const ends = names
          .map((name, n) => ({ name, y: scales.Y(rows.at(-1)[n]) + 4 }))
          .sort((a, b) => b.y - a.y);
        ends.forEach((label, i) => (label.y = Math.min(label.y, i ? ends[i - 1].y - 13 : scales.bottom + 4)));
        return (
          marks(scales, kind === "in-gate") +
          names.map((_, n) => scales.line(rows.map((row, t) => [t + 1, row[n]]), `${kind} dash-${n}`)).join("") +
          ends.map(({ name, y }) => `<text x="${scales.right + 8}" y="${y}">${name}</text>`).join("")
        );
      };
      const gates = trace.map((row) => row.gates);
      const half = gates[0].length / 2;
      const blocks = Array.from({ length: half }, (_, j) => `block ${j + 1}`);
      const last = trace.at(-1);
      const listed = (values) => values.map((v) => written(v, 2)).join(", ");
      const unit = { height: 110, y: [0, 1], yTicks: [0, 0.5, 1] };
      chart(
        pictures.inGates,
        { ...over, ...unit, yLabel: "input gates", says: `Input gates over one sequence; at its end ${listed(last.gates.slice(0, half))}.` },
        curves(gates.map((row) => row.slice(0, half)), blocks, "in-gate"),
      );
      chart(
        pictures.outGates,
        { ...over, ...unit, yLabel: "output gates", says: `Output gates; at the end ${listed(last.gates.slice(half))}.` },
        curves(gates.map((row) => row.slice(half)), blocks, "out-gate"),
      );
      const reach = Math.max(1, ...trace.flatMap((row) => row.s_c.map(Math.abs)));
      const mark = roundBelow(reach);
      chart(
        pictures.states,
        {
          ...over,
          height: 140,
          y: [-reach, reach],
          yTicks: [-mark, 0, mark],
          yLabel: "internal states",
          says: `Internal states of the cells; at the end ${listed(last.s_c)}.`,
        },
        curves(trace.map((row) => row.s_c), last.s_c.map((_, v) => `cell ${v + 1}`), "state"),
      );
      chart(
        pictures.outputs,
        {
          ...over,
          ...unit,
          height: 150,
          xLabel: "time step",
          yLabel: outputs.length > 1 ? "output units (ring: target at the end)" : "output unit (ring: target at the end)",
          says: `Output units; at the end ${listed(last.y_k)}, targets ${listed(example.target)}.`,
        },
        (scales) =>
          curves(trace.map((row) => row.y_k), outputs, "output")(scales) +
          example.target.map((d) => scales.dot(trace.length, d, "ring")).join(""),
      );
    }

    reset();
    return draw;
  });
}
