/* The Dirac-GAN's sweep by hand: the loops that the compiled kernels are held against.
 *
 * usage: peer RULE STEPS GAMMA CELLS IN OUT
 *
 * IN holds lr_x, lr_y, x and y as doubles, CELLS of each; OUT receives x and y. CELLS
 * is a multiple of BLOCK. The seconds that the loops took are printed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK 64

typedef struct {
    double hx[BLOCK], hy[BLOCK], x[BLOCK], y[BLOCK];
} Block;

static void alternating(Block *b, int steps, double gamma) {
    for (int t = 0; t < steps; t++)
        for (int i = 0; i < BLOCK; i++) {
            double x = b->x[i], y = b->y[i];
            x -= b->hx[i] * y / (1 + exp(x * y));
            y -= b->hy[i] * (gamma * y - x / (1 + exp(x * y)));
            b->x[i] = x, b->y[i] = y;
        }
}

static void extragradient(Block *b, int steps, double gamma) {
    for (int t = 0; t < steps; t++)
        for (int i = 0; i < BLOCK; i++) {
            double x = b->x[i], y = b->y[i];
            double pull = 1 / (1 + exp(x * y));
            double half_x = x - b->hx[i] * y * pull;
            double half_y = y - b->hy[i] * (gamma * y - x * pull);
            pull = 1 / (1 + exp(half_x * half_y));
            b->x[i] = x - b->hx[i] * half_y * pull;
            b->y[i] = y - b->hy[i] * (gamma * half_y - half_x * pull);
        }
}

static void optimistic(Block *b, int steps, double gamma) {
    double last_x[BLOCK], last_y[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
        double pull = 1 / (1 + exp(b->x[i] * b->y[i]));
        last_x[i] = b->y[i] * pull;
        last_y[i] = gamma * b->y[i] - b->x[i] * pull;
    }
    for (int t = 0; t < steps; t++)
        for (int i = 0; i < BLOCK; i++) {
            double x = b->x[i], y = b->y[i];
            double pull = 1 / (1 + exp(x * y));
            double gx = y * pull, gy = gamma * y - x * pull;
            b->x[i] = x - b->hx[i] * (2 * gx - last_x[i]);
            b->y[i] = y - b->hy[i] * (2 * gy - last_y[i]);
            last_x[i] = gx, last_y[i] = gy;
        }
}

typedef void (*Rule)(Block *, int, double);

static Rule find(const char *name) {
    if (!strcmp(name, "alternating")) return alternating;
    if (!strcmp(name, "extragradient")) return extragradient;
    if (!strcmp(name, "optimistic")) return optimistic;
    fprintf(stderr, "no rule %s\n", name);
    exit(2);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void stream(FILE *file, void *data, size_t count, int writing) {
    size_t done = writing ? fwrite(data, sizeof(double), count, file)
                          : fread(data, sizeof(double), count, file);
    if (done != count) exit(3);
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    Rule rule = find(argv[1]);
    int steps = atoi(argv[2]);
    double gamma = atof(argv[3]);
    long n = atol(argv[4]);
    double *all = malloc(4 * n * sizeof(double));
    double *hx = all, *hy = all + n, *x = all + 2 * n, *y = all + 3 * n;
    FILE *file = fopen(argv[5], "rb");
    if (!file) return 3;
    stream(file, all, 4 * n, 0);
    fclose(file);
    double begin = now();
#pragma omp parallel for schedule(dynamic)
    for (long first = 0; first < n; first += BLOCK) {
        Block b;
        memcpy(b.hx, hx + first, sizeof b.hx);
        memcpy(b.hy, hy + first, sizeof b.hy);
        memcpy(b.x, x + first, sizeof b.x);
        memcpy(b.y, y + first, sizeof b.y);
        rule(&b, steps, gamma);
        memcpy(x + first, b.x, sizeof b.x);
        memcpy(y + first, b.y, sizeof b.y);
    }
    printf("%.9f\n", now() - begin);
    file = fopen(argv[6], "wb");
    if (!file) return 3;
    stream(file, x, 2 * n, 1);
    return fclose(file);
}
