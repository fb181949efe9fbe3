/* The network of 1997 and its learning rule: lstm97/net/network.py and lstm97/net/activations.py once more, in JavaScript.

   Both languages compute with IEEE doubles, and every sum here is taken in the order in which network.py takes it. So
   the weights are the same to the last bit; tests/book/test_explorers.py compares them. Symbols are the paper's (Sec. 4,
   App. A.1), numbers in brackets its equations.

   Everything stands inside one function, so that a worker can be made of its source: see train.js. */

function makeNetwork() {
  "use strict";

  // f, g and h: App. A.1 (3)-(5). exp(-x) = 2^k e^r, with a polynomial for e^r, because Math.exp may round
  // differently from one browser to the next.
  const LOG2_E = 1.4426950408889634;
  const LN2_HIGH = 6.9314718036912381649e-1;
  const LN2_LOW = 1.90821492927058770002e-10;
  const ROUND = 6755399441055744; // adding it rounds to the nearest integer
  const SATURATED = 708;

  const power = new Float64Array(1);
  const powerBits = new Uint32Array(power.buffer); // [low half, high half]

  function powerOfTwo(k) {
    powerBits[1] = (k + 1023) << 20; // the exponent field
    return power[0];
  }

  function f(x) {
    const z = -(x > SATURATED ? SATURATED : x < -SATURATED ? -SATURATED : x);
    const k = z * LOG2_E + ROUND - ROUND;
    const r = z - k * LN2_HIGH - k * LN2_LOW;
    const r2 = r * r;
    const r4 = r2 * r2;
    const r8 = r4 * r4;
    const low = 1 / 6 + r * (1 / 24) + r2 * (1 / 120 + r * (1 / 720));
    const middle = 1 / 5040 + r * (1 / 40320) + r2 * (1 / 362880 + r * (1 / 3628800));
    const high = 1 / 39916800 + r * (1 / 479001600) + r2 * (1 / 6227020800);
    const polynomial = low + r4 * middle + r8 * high;
    const e_r = 1 + (r + (0.5 * r2 + r2 * r * polynomial));
    return 1 / (1 + e_r * powerOfTwo(k));
  }

  const g = (x) => 4 * f(x) - 2;
  const h = (x) => 2 * f(x) - 1;
  const f_prime = (y) => y * (1 - y); // the derivative of f where its value is y

  /* The switches of network.py, its Wiring, each with the one value that is followed here. */
  const SWITCHES = {
    outputs_see_inputs: false,
    g_range: 4,
    g_low: -2,
    h_range: 2,
    h_low: -1,
    linear_outputs: false,
    error_derivative: true,
    error_scale: 1,
    initial_y: 0,
    output_delay: 0,
    update: 0, // at the sequence's end
    constant_unit: false,
  };

  /* Refuse what a net is said to be, unless it is what this file computes. */
  function check(settings, known) {
    for (const [name, value] of Object.entries(settings)) {
      if (!(name in known)) throw new Error(`${name} is unknown to network.js: let it follow this setting`);
      if (value !== known[name]) {
        throw new Error(`${name} is ${value}, but network.js knows ${known[name]} only: give this`);
      }
    }
  }

  /* A net with memory cell blocks and nothing else in its hidden layer; all non-input units have biases. Of other
     settings it may be told as network.py has them, and refuses those that it does not follow.

     Units of the hidden layer stand in the order input gates, output gates, cells. A matrix is stored column by
     column, a column for each source: w[l + m * U] leads from source m to unit l. Sources of the hidden layer are
     the inputs, the hidden layer one step before, the constant 1; those of the outputs are the cells and the constant.

     A sequence has nSteps and either `symbols`, the input unit that is 1 at each step, or `values`, all input units'
     activations step by step; and `target`, one number per output unit, for its last step. */
  class Net {
    constructor({ nInputs, blockSizes, nOutputs, ...settings }) {
      const nBlocks = blockSizes.length;
      this.blockOfCell = blockSizes.flatMap((size, j) => Array(size).fill(j));
      const C = this.blockOfCell.length;
      const U = 2 * nBlocks + C;
      const M = nInputs + U + 1;
      check(settings, { ...SWITCHES, n_inputs: nInputs, n_in: nBlocks, n_out: nBlocks, n_recurrent: U });
      Object.assign(this, { nInputs, nBlocks, firstCell: 2 * nBlocks, C, U, M, K: nOutputs });
      const floats = (n) => new Float64Array(n);
      this.w = floats(U * M);
      this.w_k = floats(nOutputs * (C + 1));
      this.y = floats(U);
      this.s_c = floats(C);
      this.ds_dw = floats(2 * C * M); // rows 0..C-1: by the input gate's weights; rows C..2C-1: by the cell's
      this.y_k = floats(nOutputs);
      this.y_before = floats(U);
      this.net = floats(U);
      this.sigma = floats(U);
      this.g_c = floats(C);
      this.h_c = floats(C);
      this.ds_dnet = floats(2 * C);
      this.e_k = floats(nOutputs);
      this.e_y = floats(C);
      this.error = floats(U);
    }

    /* Initial weights from [-range, range] by random(); biases of the gates of each block, where they are given. */
    start(random, range, { inGateBias = [], outGateBias = [] } = {}) {
      for (const weights of [this.w, this.w_k]) {
        for (let n = 0; n < weights.length; n++) weights[n] = range * (2 * random() - 1);
      }
      const bias = this.U * (this.M - 1);
      inGateBias.forEach((value, j) => (this.w[bias + j] = value));
      outGateBias.forEach((value, j) => (this.w[bias + this.nBlocks + j] = value));
    }

    /* s_c(0) = 0; all activations and derivatives 0. */
    reset() {
      this.y.fill(0);
      this.s_c.fill(0);
      this.ds_dw.fill(0);
    }

    /* net_l(t) = sum over u of w_lu y^u(t-1): (6)-(9), first lines. */
    netInputs({ symbols, values }, t) {
      const { net, w, y, U, nInputs } = this;
      if (symbols) {
        for (let l = 0; l < U; l++) net[l] = w[l + symbols[t] * U];
      } else {
        for (let l = 0; l < U; l++) net[l] = w[l] * values[t * nInputs];
        for (let m = 1; m < nInputs; m++) {
          const x_m = values[t * nInputs + m];
          for (let l = 0; l < U; l++) net[l] += w[l + m * U] * x_m;
        }
      }
      for (let u = 0; u < U; u++) {
        const y_u = y[u];
        const column = (nInputs + u) * U;
        for (let l = 0; l < U; l++) net[l] += w[l + column] * y_u;
      }
      const column = (nInputs + U) * U;
      for (let l = 0; l < U; l++) net[l] += w[l + column];
    }

    /* Gates f(net) and g(net_c): (3), (5), (7), (8). */
    squash() {
      const { net, sigma, g_c } = this;
      for (let l = 0; l < this.U; l++) sigma[l] = f(net[l]);
      for (let v = 0; v < this.C; v++) g_c[v] = 4 * sigma[this.firstCell + v] - 2;
    }

    /* ds_c/dw, the only derivatives kept from step to step: (14), which is (25) and (27). */
    advanceDerivatives({ symbols, values }, t) {
      const { ds_dw, ds_dnet, sigma, g_c, y, C, U, nInputs } = this;
      for (let v = 0; v < C; v++) {
        const y_in = sigma[this.blockOfCell[v]];
        ds_dnet[v] = g_c[v] * f_prime(y_in);
        ds_dnet[C + v] = 4 * f_prime(sigma[this.firstCell + v]) * y_in;
      }
      const rows = 2 * C;
      if (symbols) {
        for (let r = 0; r < rows; r++) ds_dw[r + symbols[t] * rows] += ds_dnet[r];
      } else {
        for (let m = 0; m < nInputs; m++) {
          const x_m = values[t * nInputs + m];
          for (let r = 0; r < rows; r++) ds_dw[r + m * rows] += ds_dnet[r] * x_m;
        }
      }
      for (let u = 0; u < U; u++) {
        const y_u = y[u];
        const column = (nInputs + u) * rows;
        for (let r = 0; r < rows; r++) ds_dw[r + column] += ds_dnet[r] * y_u;
      }
      const column = (nInputs + U) * rows;
      for (let r = 0; r < rows; r++) ds_dw[r + column] += ds_dnet[r];
    }

    /* s_c(t) = s_c(t-1) + y^in(t) g(net_c(t)) and y^c(t) = y^out(t) h(s_c(t)): Sec. 4, (9). */
    advanceCells() {
      const { sigma, g_c, s_c, h_c, y, blockOfCell, nBlocks, firstCell, C } = this;
      for (let v = 0; v < C; v++) s_c[v] += sigma[blockOfCell[v]] * g_c[v];
      for (let v = 0; v < C; v++) h_c[v] = h(s_c[v]);
      y.set(sigma);
      for (let v = 0; v < C; v++) y[firstCell + v] = sigma[nBlocks + blockOfCell[v]] * h_c[v];
    }

    /* y^k(t) = f(net_k(t)): output units see the cells of the same step, and the constant 1. */
    outputUnits() {
      const { y_k, w_k, y, firstCell, C, K } = this;
      y_k.fill(0);
      for (let n = 0; n < C; n++) for (let k = 0; k < K; k++) y_k[k] += w_k[k + n * K] * y[firstCell + n];
      for (let k = 0; k < K; k++) y_k[k] = f(y_k[k] + w_k[k + C * K]);
    }

    /* The backward pass (19)-(28) and the weight change: errors arise at the sequence's last step only. */
    learn({ symbols, values, nSteps, target }, alpha) {
      const { w, w_k, y, y_before, y_k, sigma, h_c, e_k, e_y, error, ds_dw } = this;
      const { C, U, M, K, nInputs, nBlocks, firstCell, blockOfCell } = this;
      for (let k = 0; k < K; k++) e_k[k] = f_prime(y_k[k]) * (target[k] - y_k[k]); // (19)
      for (let n = 0; n < C; n++) {
        e_y[n] = 0;
        for (let k = 0; k < K; k++) e_y[n] += w_k[k + n * K] * e_k[k];
      }
      for (let j = 0; j < nBlocks; j++) { // (21): output gates
        let sum = 0;
        for (let v = 0; v < C; v++) if (blockOfCell[v] === j) sum += h_c[v] * e_y[v];
        error[nBlocks + j] = f_prime(sigma[nBlocks + j]) * sum;
      }
      for (let v = 0; v < C; v++) { // (23): internal states
        const h_prime = 2 * f_prime((h_c[v] + 1) / 2);
        error[firstCell + v] = sigma[nBlocks + blockOfCell[v]] * h_prime * e_y[v];
      }
      const t = nSteps - 1;
      for (let m = 0; m < M; m++) { // (22), (26), (28)
        let y_m = 1;
        if (m < nInputs) y_m = symbols ? Number(symbols[t] === m) : values[t * nInputs + m];
        else if (m < nInputs + U) y_m = y_before[m - nInputs];
        const column = m * U;
        for (let l = nBlocks; l < firstCell; l++) w[l + column] += alpha * (error[l] * y_m);
        for (let v = 0; v < C; v++) {
          const e_s = error[firstCell + v];
          w[firstCell + v + column] += alpha * (e_s * ds_dw[C + v + m * 2 * C]);
        }
        for (let j = 0; j < nBlocks; j++) {
          let sum = 0;
          for (let v = 0; v < C; v++) if (blockOfCell[v] === j) sum += error[firstCell + v] * ds_dw[v + m * 2 * C];
          w[j + column] += alpha * sum;
        }
      }
      for (let k = 0; k < K; k++) { // (22), output units
        for (let n = 0; n < C; n++) w_k[k + n * K] += alpha * (e_k[k] * y[firstCell + n]);
        w_k[k + C * K] += alpha * e_k[k];
      }
    }

    /* One step of the hidden layer, in the order of Sec. 5. */
    step(sequence, t, learning) {
      this.netInputs(sequence, t);
      this.squash();
      if (learning) this.advanceDerivatives(sequence, t);
      this.y_before.set(this.y);
      this.advanceCells();
    }

    /* Present a sequence and learn from it; y_k holds the outputs before learning. */
    present(sequence, alpha) {
      this.reset();
      for (let t = 0; t < sequence.nSteps; t++) this.step(sequence, t, true);
      this.outputUnits();
      this.learn(sequence, alpha);
    }

    /* Run a sequence without learning; `watch` is called after every step. */
    respond(sequence, watch) {
      this.reset();
      for (let t = 0; t < sequence.nSteps; t++) {
        this.step(sequence, t, false);
        if (watch) {
          this.outputUnits();
          watch(this, t);
        }
      }
      this.outputUnits();
    }
  }

  return { f, g, h, f_prime, Net };
}
