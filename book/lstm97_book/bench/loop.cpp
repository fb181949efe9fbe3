// The net of the adding problem in C++, with the arithmetic of lstm97.net.network, for one trial and for one in each
// of eight lanes: what the benchmark holds the compiled Python to. The same bits, if no sum is reordered and no
// product fused: -O3 -march=native -ffp-contract=off.
//
// Written as one would for speed: sizes known to the compiler, lanes as vectors, derivatives in chunks of steps.
//
// Paper: App. A.1, (3)-(9), (14), (19)-(28). Units: input gates, output gates, cells; sources: inputs, units, bias.

#include <algorithm>
#include <cstdint>
#include <cstring>

constexpr int B = 2, S = 2, C = B * S, U = 2 * B + C, X = 2, M = X + U + 1, CHUNK = 16;

// Numbers of one net, or of eight. Comparisons of vectors give masks of as many integers.
struct One {
    static constexpr int L = 1;
    using V = double;
    using I = int64_t;
    using Mask = bool;
    static V where(Mask mask, V yes, V no) { return mask ? yes : no; }
    static void put(V &v, int, double x) { v = x; }
    static double get(const V &v, int) { return v; }
    static Mask mask(const bool *flags) { return flags[0]; }
};

struct Eight {
    static constexpr int L = 8;
    typedef double V __attribute__((vector_size(64)));
    typedef int64_t I __attribute__((vector_size(64)));
    using Mask = I;
    static V where(Mask mask, V yes, V no) { return mask ? yes : no; }
    static void put(V &v, int lane, double x) { v[lane] = x; }
    static double get(const V &v, int lane) { return v[lane]; }
    static Mask mask(const bool *flags) {
        Mask m;
        for (int lane = 0; lane < L; lane++) m[lane] = flags[lane] ? -1 : 0;
        return m;
    }
};

// (3), by the polynomial of lstm97.net.activations.
template <class N> inline typename N::V f(typename N::V x) {
    using V = typename N::V;
    using I = typename N::I;
    constexpr double ROUND = 6755399441055744.0;
    const V bound = V{} + 708.0;
    x = N::where(x > bound, bound, x);
    x = N::where(x < -bound, -bound, x);
    x = -x;
    const V rounded = x * 1.4426950408889634 + ROUND, k = rounded - ROUND;
    const V r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    const V r2 = r * r, r4 = r2 * r2, r8 = r4 * r4;
    const V low = (1.0 / 6 + r * (1.0 / 24)) + r2 * (1.0 / 120 + r * (1.0 / 720));
    const V middle = (1.0 / 5040 + r * (1.0 / 40320)) + r2 * (1.0 / 362880 + r * (1.0 / 3628800));
    const V high = (1.0 / 39916800 + r * (1.0 / 479001600)) + r2 * (1.0 / 6227020800);
    const V polynomial = low + r4 * middle + r8 * high;
    const V e_r = 1.0 + (r + (0.5 * r2 + (r2 * r) * polynomial));
    I bits;
    V power;
    std::memcpy(&bits, &rounded, sizeof bits);
    bits = (bits + 1023) << 52;
    std::memcpy(&power, &bits, sizeof power);
    return 1.0 / (1.0 + e_r * power);
}

template <class N>
void train(double *const *w_of, double *const *w_k_of, const double *const *values, const int64_t *const *offsets,
           const double *const *targets, double *const *outputs, const int64_t *n_sequences, double alpha) {
    using V = typename N::V;
    alignas(64) V w[M][U] = {}, ds_dw[M][2 * C] = {}, w_k[C + 1] = {}, x[CHUNK][M] = {}, factor[CHUNK][2 * C];
    alignas(64) V y[U] = {}, y_before[U] = {}, sigma[U], s_c[C] = {}, h_c[C];
    int64_t t[N::L], i[N::L], last[N::L], n_running = N::L;
    bool running[N::L], ends[N::L];
    for (int lane = 0; lane < N::L; lane++) {
        t[lane] = i[lane] = 0;
        last[lane] = offsets[lane][1] - 1;
        running[lane] = true;
        for (int m = 0; m < M; m++)
            for (int l = 0; l < U; l++) N::put(w[m][l], lane, w_of[lane][m * U + l]);
        for (int m = 0; m <= C; m++) N::put(w_k[m], lane, w_k_of[lane][m]);
    }
    while (n_running) {
        int64_t n = CHUNK;
        for (int lane = 0; lane < N::L; lane++)
            if (running[lane]) n = std::min(n, last[lane] - t[lane] + 1);
        for (int64_t a = 0; a < n; a++) {
            for (int m = 0; m < X; m++)
                for (int lane = 0; lane < N::L; lane++)
                    N::put(x[a][m], lane, running[lane] ? values[lane][(t[lane] + a) * X + m] : 0.0);
            for (int l = 0; l < U; l++) x[a][X + l] = y_before[l] = y[l];
            x[a][M - 1] = V{} + 1.0;
            V net[U];
            for (int l = 0; l < U; l++) net[l] = w[0][l] * x[a][0];
            for (int m = 1; m < M; m++)
                for (int l = 0; l < U; l++) net[l] += w[m][l] * x[a][m];
            for (int l = 0; l < U; l++) sigma[l] = f<N>(net[l]);
            for (int v = 0; v < C; v++) {
                const V y_in = sigma[v / S], f_c = sigma[2 * B + v], g_c = 4.0 * f_c + -2.0;
                factor[a][v] = g_c * (y_in * (1.0 - y_in));
                factor[a][C + v] = (4.0 * (f_c * (1.0 - f_c))) * y_in;
                s_c[v] += y_in * g_c;
            }
            for (int v = 0; v < C; v++) h_c[v] = 2.0 * f<N>(s_c[v]) + -1.0;
            for (int l = 0; l < 2 * B; l++) y[l] = sigma[l];
            for (int v = 0; v < C; v++) y[2 * B + v] = sigma[B + v / S] * h_c[v];
        }
        for (int m = 0; m < M; m++) {
            V sum[2 * C];
            for (int r = 0; r < 2 * C; r++) sum[r] = ds_dw[m][r];
            for (int64_t a = 0; a < n; a++)
                for (int r = 0; r < 2 * C; r++) sum[r] += factor[a][r] * x[a][m];
            for (int r = 0; r < 2 * C; r++) ds_dw[m][r] = sum[r];
        }
        bool some = false;
        V target = {};
        for (int lane = 0; lane < N::L; lane++) {
            ends[lane] = false;
            if (running[lane]) {
                t[lane] += n;
                ends[lane] = t[lane] > last[lane];
                some |= ends[lane];
                if (ends[lane]) N::put(target, lane, targets[lane][i[lane]]);
            }
        }
        if (!some) continue;
        const auto finishing = N::mask(ends);
        V net_k = V{};
        for (int v = 0; v < C; v++) net_k += w_k[v] * y[2 * B + v];
        const V y_k = f<N>(net_k + w_k[C]), e_k = (y_k * (1.0 - y_k)) * (target - y_k);
        V e_y[C], e_s[C], e_out[B];
        for (int v = 0; v < C; v++) e_y[v] = w_k[v] * e_k;
        for (int v = 0; v < C; v++) w_k[v] = N::where(finishing, w_k[v] + alpha * (e_k * y[2 * B + v]), w_k[v]);
        w_k[C] = N::where(finishing, w_k[C] + alpha * e_k, w_k[C]);
        for (int j = 0; j < B; j++) {
            const V y_out = sigma[B + j];
            V error = V{};
            for (int v = j * S; v < (j + 1) * S; v++) {
                const V f_s = (h_c[v] - -1.0) / 2.0;
                error += h_c[v] * e_y[v];
                e_s[v] = (y_out * (2.0 * (f_s * (1.0 - f_s)))) * e_y[v];
            }
            e_out[j] = (y_out * (1.0 - y_out)) * error;
        }
        for (int m = 0; m < M; m++) {
            for (int j = 0; j < B; j++) {
                V change = V{};
                for (int v = j * S; v < (j + 1) * S; v++) change += e_s[v] * ds_dw[m][v];
                w[m][j] = N::where(finishing, w[m][j] + alpha * change, w[m][j]);
                w[m][B + j] = N::where(finishing, w[m][B + j] + alpha * (e_out[j] * x[n - 1][m]), w[m][B + j]);
            }
            for (int v = 0; v < C; v++) {
                const int l = 2 * B + v;
                w[m][l] = N::where(finishing, w[m][l] + alpha * (e_s[v] * ds_dw[m][C + v]), w[m][l]);
            }
            for (int r = 0; r < 2 * C; r++) ds_dw[m][r] = N::where(finishing, V{}, ds_dw[m][r]);
        }
        for (int l = 0; l < U; l++) y[l] = N::where(finishing, V{}, y[l]);
        for (int v = 0; v < C; v++) s_c[v] = N::where(finishing, V{}, s_c[v]);
        for (int lane = 0; lane < N::L; lane++) {
            if (!ends[lane]) continue;
            outputs[lane][i[lane]++] = N::get(y_k, lane);
            if (i[lane] == n_sequences[lane]) {
                running[lane] = false;
                n_running--;
            } else {
                last[lane] = offsets[lane][i[lane] + 1] - 1;
            }
        }
    }
    for (int lane = 0; lane < N::L; lane++) {
        for (int m = 0; m < M; m++)
            for (int l = 0; l < U; l++) w_of[lane][m * U + l] = N::get(w[m][l], lane);
        for (int m = 0; m <= C; m++) w_k_of[lane][m] = N::get(w_k[m], lane);
    }
}

extern "C" void train_one(double *const *w, double *const *w_k, const double *const *values,
                          const int64_t *const *offsets, const double *const *targets, double *const *outputs,
                          const int64_t *n_sequences, double alpha) {
    train<One>(w, w_k, values, offsets, targets, outputs, n_sequences, alpha);
}

extern "C" void train_eight(double *const *w, double *const *w_k, const double *const *values,
                            const int64_t *const *offsets, const double *const *targets, double *const *outputs,
                            const int64_t *n_sequences, double alpha) {
    train<Eight>(w, w_k, values, offsets, targets, outputs, n_sequences, alpha);
}
