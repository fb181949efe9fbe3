/* Two tasks of the paper: the adding problem (Sec. 5.4) and temporal order (Sec. 5.6, Experiment 6a), with the nets
   and settings of Tables 7 and 9: lstm97/tasks and lstm97/experiments once more, in JavaScript. The rules are the same;
   the random numbers are this file's own. */

function makeTasks() {
  "use strict";

  /* Chris Doty-Humphrey's sfc32; numbers from [0, 1) with 53 random bits. */
  function generator(seed, stream) {
    let a = seed | 0;
    let b = stream | 0;
    let c = 0x9e3779b9 | 0;
    let counter = 1;
    const bits = () => {
      const result = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + result) | 0;
      return result >>> 0;
    };
    for (let i = 0; i < 16; i++) bits();
    return () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  }

  const integer = (random, low, high) => low + Math.floor(random() * (high - low + 1)); // both ends included

  /* Two marked values, whose scaled sum is asked for at the end. */
  const T = 100;
  const adding = {
    net: { nInputs: 2, blockSizes: [2, 2], nOutputs: 1 },
    alpha: 0.5,
    weightRange: 0.1,
    inGateBias: [-3, -6],
    tolerance: 0.04,
    beta: 0.01,
    outputs: ["sum"],
    sample(random) {
      const nSteps = integer(random, T, T + T / 10);
      const first = integer(random, 0, 9);
      let second = integer(random, 0, T / 2 - 2); // of the first T/2 pairs, the marked one left out
      if (second >= first) second += 1;
      const values = new Float64Array(2 * nSteps);
      for (let t = 0; t < nSteps; t++) values[2 * t] = 2 * random() - 1;
      values[1] = -1;
      values[2 * nSteps - 1] = -1;
      values[2 * first + 1] = 1;
      values[2 * second + 1] = 1;
      if (values[1] === 1) values[0] = 0; // a marked first pair counts as 0
      const marks = [first, second].map((t) => ({ t, label: values[2 * t].toFixed(2) }));
      return { nSteps, values, target: [0.5 + (values[2 * first] + values[2 * second]) / 4], marks };
    },
  };

  /* Two symbols X or Y among a, b, c, d; their order is the class. */
  const SYMBOLS = ["E", "B", "a", "b", "c", "d", "X", "Y"];
  const order = {
    net: { nInputs: 8, blockSizes: [2, 2], nOutputs: 4 },
    alpha: 0.5,
    weightRange: 0.1,
    inGateBias: [-2, -4],
    tolerance: 0.3,
    beta: 0.1,
    outputs: ["Q: X, X", "R: X, Y", "S: Y, X", "U: Y, Y"],
    sample(random) {
      const nSteps = integer(random, 100, 110);
      const symbols = Int32Array.from({ length: nSteps }, () => integer(random, 2, 5));
      symbols[0] = SYMBOLS.indexOf("E");
      symbols[nSteps - 1] = SYMBOLS.indexOf("B");
      const marks = [[10, 20], [50, 60]].map(([low, high]) => {
        const t = integer(random, low, high) - 1;
        symbols[t] = integer(random, 6, 7);
        return { t, label: SYMBOLS[symbols[t]] };
      });
      const target = [0, 0, 0, 0];
      target[2 * (symbols[marks[0].t] - 6) + (symbols[marks[1].t] - 6)] = 1;
      return { nSteps, symbols, target, marks };
    },
  };

  return { generator, tasks: { adding, order } };
}
