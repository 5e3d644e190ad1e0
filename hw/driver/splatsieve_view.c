/* Frame constants of a view, as the constants.py of the stages in golden/stages make them: the same
   operations in the same order, in doubles. Compile without contraction (-ffp-contract=off). */
#include "splatsieve.h"

#include <math.h>

#define VIEW(name) SPLATSIEVE_VIEW_##name

/* What is worked out once. */
typedef struct {
    const splatsieve_camera *camera;
    const splatsieve_rules *rules;
    const splatsieve_pack *pack;
    uint32_t *words;
    double position[3]; /* from the pack's origin, scene units */
    double limit[2][2]; /* clamp of x/z and y/z: low, high */
    double focal[2], center[2], size[2];
    int32_t camera_exponent;
    int fits; /* all constants so far */
} view;

/* Bits of a mask. */
static int width_of(uint32_t mask)
{
    int bits = 0;
    for (; mask; mask >>= 1) bits += (int)(mask & 1);
    return bits;
}

/* Puts an integer, given as a double, into its register. */
static void set(view *v, uint32_t offset, uint32_t mask, int is_signed, double value)
{
    const double size = ldexp(1.0, width_of(mask) - is_signed);
    if (!(value < size && value >= (is_signed ? -size : 0.0))) {
        v->fits = 0;
        return;
    }
    v->words[(offset - SPLATSIEVE_FRAME_FIRST) / 4] = (uint32_t)(int64_t)value & mask;
}

#define REGISTER(name) \
    SPLATSIEVE_REG_FRAME_##name, SPLATSIEVE_FRAME_##name##_VALUE_MASK, \
        SPLATSIEVE_FRAME_##name##_VALUE_SIGNED
#define FRACTION(name) SPLATSIEVE_FRAME_##name##_VALUE_FRACTION_BITS
#define BITS(name) width_of(SPLATSIEVE_FRAME_##name##_VALUE_MASK)
#define SET(name, value) set(v, REGISTER(name), value)
#define SET_NEAREST(name, value) SET(name, nearbyint(ldexp(value, FRACTION(name))))
#define SET_UP(name, value) SET(name, ceil(ldexp(value, FRACTION(name))))

static double least(double a, double b) { return a < b ? a : b; }
static double most(double a, double b) { return a > b ? a : b; }

static int exponent_of(double value)
{
    int exponent;
    frexp(value, &exponent);
    return exponent;
}

static void prepare(view *v)
{
    const splatsieve_camera *c = v->camera;
    const double tan_x = c->width / (2 * c->fx), tan_y = c->height / (2 * c->fy);
    for (int i = 0; i < 3; ++i) {
        double sum = c->rotation[0][i] * c->translation[0];
        sum += c->rotation[1][i] * c->translation[1];
        sum += c->rotation[2][i] * c->translation[2];
        v->position[i] = -sum - v->pack->origin[i];
    }
    v->focal[0] = c->fx, v->focal[1] = c->fy;
    v->center[0] = c->cx, v->center[1] = c->cy;
    v->size[0] = c->width, v->size[1] = c->height;
    if (v->rules->clamps_about_image) {
        v->limit[0][0] = -(c->cx / c->fx + 0.3 * tan_x);
        v->limit[0][1] = (c->width - c->cx) / c->fx + 0.3 * tan_x;
        v->limit[1][0] = -(c->cy / c->fy + 0.3 * tan_y);
        v->limit[1][1] = (c->height - c->cy) / c->fy + 0.3 * tan_y;
    } else {
        v->limit[0][0] = -1.3 * tan_x, v->limit[0][1] = 1.3 * tan_x;
        v->limit[1][0] = -1.3 * tan_y, v->limit[1][1] = 1.3 * tan_y;
    }
}

/* Least exponent, 0 or more, with which the camera position fits its format. */
static int find_exponent(view *v)
{
    const int places = BITS(CAMERA_POSITION_X) - 1 - FRACTION(CAMERA_POSITION_X);
    const double reach = ldexp(1.0, places) - 1;
    double largest = 0;
    for (int i = 0; i < 3; ++i) largest = most(largest, fabs(v->position[i]));
    largest = ldexp(largest, -v->pack->exponent);
    int exponent = exponent_of(largest) - exponent_of(reach);
    if (exponent < 0) exponent = 0;
    exponent += ldexp(largest, -exponent) >= reach;
    v->camera_exponent = exponent;
    return exponent <= VIEW(MAX_EXPONENT);
}

/* A side plane: lateral and depth entry of its normal, and its weight. */
static void side_plane(double focal, double inside_px, double low, double high, double plane[3])
{
    const double edge = least(most(-inside_px / focal, low), high);
    const double limit = most(fabs(low), fabs(edge));
    const double length = hypot(focal, inside_px);
    const double magnification = focal * hypot(1.0, limit) / length;
    const double shorten = most(1.0, magnification / VIEW(B_HIGH)) * length;
    const double weight =
        (least(magnification, VIEW(B_HIGH)) - VIEW(B_LOW)) / (VIEW(B_HIGH) - VIEW(B_LOW));
    plane[0] = focal / shorten;
    plane[1] = inside_px / shorten;
    plane[2] = most(0.0, weight);
}

static void cull(view *v)
{
    const splatsieve_camera *c = v->camera;
    const int32_t down = -v->pack->exponent - v->camera_exponent;
    double position[3], margin = 0, planes[4][3];
    for (int i = 0; i < 3; ++i) {
        position[i] = ldexp(v->position[i], down);
        margin += fabs(position[i]);
    }
    margin *= VIEW(POSITION_MARGIN);
    double near = ldexp(v->rules->near_plane, down);
    near = least(near, ldexp(1.0, BITS(NEAR_OFFSET) - 2 - FRACTION(NEAR_OFFSET)));
    for (int i = 0; i < 2; ++i) {
        const double before = v->center[i] - 0.5 + VIEW(REACH_PX);
        const double behind = v->size[i] - 0.5 - v->center[i] + VIEW(REACH_PX);
        side_plane(v->focal[i], before, v->limit[i][0], v->limit[i][1], planes[2 * i]);
        side_plane(v->focal[i], behind, -v->limit[i][1], -v->limit[i][0], planes[2 * i + 1]);
    }
    SET(CAMERA_EXPONENT, v->camera_exponent);
    SET_NEAREST(CAMERA_POSITION_X, position[0]);
    SET_NEAREST(CAMERA_POSITION_Y, position[1]);
    SET_NEAREST(CAMERA_POSITION_Z, position[2]);
    for (int n = 0; n < 9; ++n) { /* the registers follow one another */
        const double largest = ldexp(1.0, BITS(ROTATION_00) - 1) - 1;
        const double entry = nearbyint(ldexp(c->rotation[n / 3][n % 3], FRACTION(ROTATION_00)));
        set(v, SPLATSIEVE_REG_FRAME_ROTATION_00 + 4 * (uint32_t)n,
            SPLATSIEVE_FRAME_ROTATION_00_VALUE_MASK, 1, least(entry, largest));
    }
    SET_NEAREST(LEFT_LATERAL, planes[0][0]);
    SET_NEAREST(LEFT_DEPTH, planes[0][1]);
    SET_NEAREST(RIGHT_LATERAL, -planes[1][0]);
    SET_NEAREST(RIGHT_DEPTH, planes[1][1]);
    SET_NEAREST(TOP_LATERAL, planes[2][0]);
    SET_NEAREST(TOP_DEPTH, planes[2][1]);
    SET_NEAREST(BOTTOM_LATERAL, -planes[3][0]);
    SET_NEAREST(BOTTOM_DEPTH, planes[3][1]);
    SET_UP(WEIGHT_X, most(planes[0][2], planes[1][2]));
    SET_UP(WEIGHT_Y, most(planes[2][2], planes[3][2]));
    SET_UP(SIDE_OFFSET, margin);
    SET_UP(NEAR_OFFSET, margin - near);
}

/* The largest singular value of a matrix: by Jacobi's rotations of its square. */
static double spectral_norm(double m[3][3])
{
    double a[3][3];
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            a[i][j] = m[0][i] * m[0][j] + m[1][i] * m[1][j] + m[2][i] * m[2][j];
    for (int sweep = 0; sweep < 12; ++sweep)
        for (int p = 0; p < 2; ++p)
            for (int q = p + 1; q < 3; ++q) {
                if (a[p][q] == 0) continue;
                const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                const double t =
                    (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
                const double cosine = 1 / sqrt(t * t + 1), sine = t * cosine;
                for (int k = 0; k < 3; ++k) {
                    const double x = a[k][p], y = a[k][q];
                    a[k][p] = cosine * x - sine * y;
                    a[k][q] = sine * x + cosine * y;
                }
                for (int k = 0; k < 3; ++k) {
                    const double x = a[p][k], y = a[q][k];
                    a[p][k] = cosine * x - sine * y;
                    a[q][k] = sine * x + cosine * y;
                }
            }
    return sqrt(most(most(a[0][0], a[1][1]), most(a[2][2], 0)));
}

static int project(view *v)
{
    const splatsieve_camera *c = v->camera;
    const int screen = SPLATSIEVE_CONFIG_SPLATS_SCREEN_FRACTION_BITS_VALUE;
    double limit[2], slant = 0, widest = 0, clamp[2][2], bound = 0, error[3][3], focal[2];
    for (int i = 0; i < 2; ++i) {
        limit[i] = most(fabs(v->limit[i][0]), fabs(v->limit[i][1]));
        slant = most(slant, v->focal[i] * hypot(1, limit[i]));
        const double edge = most(fabs(v->center[i]), fabs(v->size[i] - v->center[i]));
        widest = most(widest, most(limit[i], edge / v->focal[i]));
    }
    int exponent = (int)ceil(log2(slant / VIEW(FOCAL_ROOM)));
    if (exponent < VIEW(FOCAL_EXPONENT_LOW)) exponent = VIEW(FOCAL_EXPONENT_LOW);
    const int shift = exponent + screen;
    if (exponent > VIEW(FOCAL_EXPONENT_HIGH)) return 0;
    if (widest > ldexp(1.0, VIEW(TANGENT_BITS) - 2 - shift)) return 0;
    const double unit = ldexp(1.0, shift);
    for (int i = 0; i < 2; ++i) {
        focal[i] = ldexp(v->focal[i], -exponent);
        for (int j = 0; j < 2; ++j) {
            clamp[i][j] = nearbyint(v->limit[i][j] * focal[i] * unit);
            bound = most(bound, fabs(clamp[i][j]));
        }
    }
    const int bound_bits = exponent_of(bound);
    const double tangent = ldexp(1.0, bound_bits) / unit / least(focal[0], focal[1]);
    const double largest = ldexp(1.0, BITS(ROTATION_00) - 1) - 1;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            const double entry = nearbyint(ldexp(c->rotation[i][j], FRACTION(ROTATION_00)));
            error[i][j] = ldexp(least(entry, largest), -FRACTION(ROTATION_00)) - c->rotation[i][j];
        }
    const double focal_px = most(c->fx, c->fy);
    double position = 0;
    for (int i = 0; i < 3; ++i) position += fabs(v->position[i]);
    const int last_place = FRACTION(NEAR) - (v->pack->exponent + v->camera_exponent);
    const double float32_error = ldexp(position * VIEW(POSITION_MARGIN), last_place);
    double margin = focal_px * (1 + tangent) * spectral_norm(error);
    margin *= sqrt(1 + 2 * (tangent * tangent));
    margin += focal_px * tangent * pow(2.0, 2.5 - SPLATSIEVE_CONFIG_MEMBERS_MANTISSA_BITS_VALUE);
    margin += VIEW(PIXEL_MARGIN_PX);
    const double pixel = ldexp(1.0, screen);
    const double per_error = VIEW(SECOND_ORDER) * focal_px * (1 + tangent) * pixel;
    int up_exponent = exponent_of(per_error) - VIEW(POSITION_MANTISSA_BITS);
    double up = ceil(ldexp(per_error, -up_exponent));
    if (up >= ldexp(1.0, VIEW(POSITION_MANTISSA_BITS))) up = floor(up / 2), ++up_exponent;
    int floor_bits = exponent_of(float32_error / VIEW(ERROR_ROOM)) + 1;
    if (floor_bits < VIEW(ERROR_FLOOR)) floor_bits = VIEW(ERROR_FLOOR);
    const double near = ldexp(v->rules->near_plane, last_place) - float32_error - 1;
    SET_NEAREST(JACOBIAN_X0, c->rotation[0][0] * focal[0]);
    SET_NEAREST(JACOBIAN_X1, c->rotation[0][1] * focal[0]);
    SET_NEAREST(JACOBIAN_X2, c->rotation[0][2] * focal[0]);
    SET_NEAREST(JACOBIAN_Y0, c->rotation[1][0] * focal[1]);
    SET_NEAREST(JACOBIAN_Y1, c->rotation[1][1] * focal[1]);
    SET_NEAREST(JACOBIAN_Y2, c->rotation[1][2] * focal[1]);
    SET_NEAREST(FOCAL_X, focal[0]);
    SET_NEAREST(FOCAL_Y, focal[1]);
    SET_NEAREST(PRINCIPAL_X, c->cx);
    SET_NEAREST(PRINCIPAL_Y, c->cy);
    SET(CLAMP_LOW_X, clamp[0][0]);
    SET(CLAMP_HIGH_X, clamp[0][1]);
    SET(CLAMP_LOW_Y, clamp[1][0]);
    SET(CLAMP_HIGH_Y, clamp[1][1]);
    SET(LAST_PIXEL_X, (double)c->width - 1);
    SET(LAST_PIXEL_Y, (double)c->height - 1);
    SET(NEAR, floor(least(near, ldexp(1.0, BITS(NEAR) - 1) - 1)));
    SET(TANGENT_SHIFT, shift);
    SET(EXPONENT_OFFSET, exponent + last_place);
    SET(ERROR_FLOOR, floor_bits);
    SET(BOUND_BITS, bound_bits);
    SET(SCREEN_MARGIN, least(ceil(margin * pixel) + 4, ldexp(1.0, BITS(SCREEN_MARGIN)) - 1));
    SET(POSITION_MANTISSA, up);
    SET(POSITION_EXPONENT, up_exponent);
#ifdef SPLATSIEVE_REG_FRAME_ANTIALIASED
    SET(ANTIALIASED, v->rules->antialiased != 0);
#endif
    return 1;
}

#ifdef SPLATSIEVE_REG_FRAME_AXIS_X0
static void color(view *v)
{
    const splatsieve_camera *c = v->camera;
    double focal[2], rows[2][3], longest = 0, forward[3];
    for (int i = 0; i < 2; ++i)
        focal[i] = ldexp(v->focal[i], SPLATSIEVE_CONFIG_SPLATS_SCREEN_FRACTION_BITS_VALUE);
    const double reach = ldexp(least(focal[0], focal[1]), VIEW(TANGENT_RANGE_BITS) - 1);
    int shift = (int)ceil(log2(reach)) - (VIEW(OPERAND_BITS) - 1);
    if (shift < 0) shift = 0;
    for (int i = 0; i < 2; ++i) {
        double squares = 0;
        for (int j = 0; j < 3; ++j) {
            rows[i][j] = c->rotation[i][j] * (ldexp(1.0, shift) / focal[i]);
            squares += rows[i][j] * rows[i][j];
        }
        longest = most(longest, sqrt(squares));
    }
    const double scale =
        least(VIEW(AXIS_LENGTH) / longest, ldexp(1.0, VIEW(FORWARD_FRACTION_BITS) + VIEW(AXIS_SHIFT)));
    for (int j = 0; j < 3; ++j) {
        const double cut = (rows[0][j] + rows[1][j]) * (1 - ldexp(1.0, -shift)) / 2;
        forward[j] = nearbyint(ldexp((c->rotation[2][j] + cut) * scale, -VIEW(AXIS_SHIFT)));
    }
    SET(AXIS_X0, nearbyint(rows[0][0] * scale));
    SET(AXIS_X1, nearbyint(rows[0][1] * scale));
    SET(AXIS_X2, nearbyint(rows[0][2] * scale));
    SET(AXIS_Y0, nearbyint(rows[1][0] * scale));
    SET(AXIS_Y1, nearbyint(rows[1][1] * scale));
    SET(AXIS_Y2, nearbyint(rows[1][2] * scale));
    SET(FORWARD_0, forward[0]);
    SET(FORWARD_1, forward[1]);
    SET(FORWARD_2, forward[2]);
    SET(SHIFT, shift);
}
#endif

#ifdef SPLATSIEVE_REG_FRAME_DEPTH_SHIFT
static int32_t word_of(const uint8_t *b)
{
    return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                     (uint32_t)b[3] << 24);
}

/* Gaussians of clusters that may touch the view and reach 2^shift times the key's knee, or all. */
static void depths(const view *v, double counts[VIEW(MAX_DEPTH_SHIFT) + 1])
{
    const splatsieve_camera *c = v->camera;
    const double slope_x = most(c->cx, c->width - c->cx) / c->fx;
    const double slope_y = most(c->cy, c->height - c->cy) / c->fy;
    const int32_t frame = v->pack->exponent + v->camera_exponent;
    for (int shift = 0; shift <= VIEW(MAX_DEPTH_SHIFT); ++shift) counts[shift] = 0;
    for (uint64_t n = 0; n < v->pack->clusters_count; ++n) {
        const uint8_t *record = v->pack->clusters + 32 * n;
        const int32_t unit = record[31] + (v->pack->exponent - frame);
        const double count = record[28] | record[29] << 8;
        double from[3], q[3];
        for (int i = 0; i < 3; ++i)
            from[i] = ldexp(word_of(record + 4 * i), unit) - ldexp(v->position[i], -frame);
        for (int i = 0; i < 3; ++i)
            q[i] = c->rotation[i][0] * from[0] + c->rotation[i][1] * from[1] +
                   c->rotation[i][2] * from[2];
        const double radius = ldexp((uint32_t)word_of(record + 16), unit);
        const double mean = ldexp((uint32_t)word_of(record + 20), unit), depth = q[2] + radius;
        if (!(fabs(q[0]) - radius <= depth * slope_x && fabs(q[1]) - radius <= depth * slope_y &&
              depth > 0))
            continue;
        const double farthest =
            ldexp(most(q[2] + mean, 0), SPLATSIEVE_CONFIG_CAMERA_LENGTH_FRACTION_BITS_VALUE);
        for (int shift = 0; shift < VIEW(MAX_DEPTH_SHIFT); ++shift)
            if (farthest >= ldexp(VIEW(KEY_KNEE), shift)) counts[shift] += count;
        counts[VIEW(MAX_DEPTH_SHIFT)] += count;
    }
}

static int draw(view *v, const splatsieve_drawing *drawing)
{
    const splatsieve_camera *c = v->camera;
    const uint32_t side = SPLATSIEVE_CONFIG_LISTS_BIN_PX_VALUE;
    const uint32_t across = (c->width + side - 1) / side, down = (c->height + side - 1) / side;
    const uint32_t rows = drawing->rows ? drawing->rows : down - drawing->first_row;
    const uint64_t pages = drawing->list_bytes / VIEW(PAGE_BYTES);
    const uint32_t lines = VIEW(STRIDE_BYTES);
    double counts[VIEW(MAX_DEPTH_SHIFT) + 1];
    int shift = 0;
    if (c->width > VIEW(MAX_SIDE_PX) || c->height > VIEW(MAX_SIDE_PX)) return 0;
    if (drawing->first_row >= down || rows > down - drawing->first_row) return 0;
    if (drawing->list_address % VIEW(PAGE_BYTES) || pages == 0) return 0;
    depths(v, counts);
    while (shift < VIEW(MAX_DEPTH_SHIFT) &&
           counts[shift] > VIEW(BEYOND_SHARE) * counts[VIEW(MAX_DEPTH_SHIFT)])
        ++shift;
    SET(DEPTH_SHIFT, shift);
    SET(FIRST_ROW, drawing->first_row);
    SET(ACROSS, across);
    SET(DOWN, rows);
    SET(LIST_PAGE, (double)(drawing->list_address / VIEW(PAGE_BYTES)));
    SET(PAGES, least((double)pages, SPLATSIEVE_CONFIG_MEMORY_LIST_PAGES_VALUE));
    const double alpha = nearbyint(ldexp(v->rules->alpha_max, FRACTION(ALPHA_MAX)));
    SET(ALPHA_MAX, least(alpha, ldexp(1.0, BITS(ALPHA_MAX)) - 1));
    SET_NEAREST(BACKGROUND_RED, drawing->background[0]);
    SET_NEAREST(BACKGROUND_GREEN, drawing->background[1]);
    SET_NEAREST(BACKGROUND_BLUE, drawing->background[2]);
    SET(STRIDE_BYTES, (4 * c->width + lines - 1) / lines * lines);
    return 1;
}
#endif

splatsieve_rules splatsieve_inria(void)
{
    splatsieve_rules rules = {VIEW(INRIA_NEAR), VIEW(INRIA_CLAMPS_ABOUT_IMAGE),
                              VIEW(INRIA_ALPHA_MAX), 0};
    return rules;
}

splatsieve_rules splatsieve_gsplat(void)
{
    splatsieve_rules rules = {VIEW(GSPLAT_NEAR), VIEW(GSPLAT_CLAMPS_ABOUT_IMAGE),
                              VIEW(GSPLAT_ALPHA_MAX), 0};
    return rules;
}

splatsieve_error splatsieve_constants(const splatsieve_camera *camera,
                                      const splatsieve_rules *rules, const splatsieve_pack *pack,
                                      const splatsieve_drawing *drawing,
                                      uint32_t words[SPLATSIEVE_FRAME_WORDS])
{
    view seen = {camera, rules, pack, words, {0}, {{0}}, {0}, {0}, {0}, 0, 1};
#ifndef SPLATSIEVE_REG_FRAME_ANTIALIASED
    if (rules->antialiased) return SPLATSIEVE_NOT_ANTIALIASED;
#endif
    prepare(&seen);
    if (!find_exponent(&seen) || !project(&seen)) return SPLATSIEVE_BAD_CAMERA;
    cull(&seen);
#ifdef SPLATSIEVE_REG_FRAME_AXIS_X0
    color(&seen);
#endif
#ifdef SPLATSIEVE_REG_FRAME_DEPTH_SHIFT
    if (!drawing || !draw(&seen, drawing)) return SPLATSIEVE_BAD_CAMERA;
#else
    (void)drawing;
#endif
    return seen.fits ? SPLATSIEVE_OK : SPLATSIEVE_BAD_CAMERA;
}
