"""GLSL 1.20 of the GPU programs. What each draws is told beside its class in ``programs``."""

from __future__ import annotations

LINE_VERTEX = """
attribute vec3 a_here; attribute vec3 a_there; attribute vec4 a_rgba;
attribute float a_side; attribute float a_end; attribute float a_width; attribute float a_dash;
uniform mat4 u_matrix; uniform vec2 u_size; uniform float u_ratio; uniform float u_near;
varying vec4 v_rgba; varying float v_edge; varying float v_half; varying float v_along; varying float v_dash;
void main() {
    vec4 here = u_matrix * vec4(a_here, 1.0);
    vec4 there = u_matrix * vec4(a_there, 1.0);
    if (here.w < u_near && there.w < u_near) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
    if (here.w < u_near) here = mix(there, here, (there.w - u_near) / (there.w - here.w));
    if (there.w < u_near) there = mix(here, there, (here.w - u_near) / (here.w - there.w));
    vec2 p = here.xy / here.w * u_size * 0.5;
    vec2 q = there.xy / there.w * u_size * 0.5;
    vec2 along = q - p;
    float length_px = length(along);
    along = length_px > 1e-3 ? along / length_px : vec2(1.0, 0.0);
    if (a_end > 0.5) along = -along;
    float half_px = 0.5 * max(a_width * u_ratio, 1.0);
    vec2 across = vec2(-along.y, along.x) * a_side * (half_px + 1.0);
    vec3 ndc = here.xyz / here.w;
    gl_Position = vec4((p + across) / (u_size * 0.5), ndc.z - 2e-5, 1.0);
    v_rgba = a_rgba;
    v_edge = a_side * (half_px + 1.0);
    v_half = half_px;
    v_along = a_end > 0.5 ? length_px : 0.0;
    v_dash = a_dash * u_ratio;
}
"""

LINE_FRAGMENT = """
uniform float u_opacity;
varying vec4 v_rgba; varying float v_edge; varying float v_half; varying float v_along; varying float v_dash;
void main() {
    float cover = u_opacity * clamp(v_half + 0.5 - abs(v_edge), 0.0, 1.0);
    if (v_dash > 0.5) {
        float place = mod(v_along, v_dash);
        cover *= clamp(0.6 * v_dash - place + 0.5, 0.0, 1.0);
    }
    if (cover * v_rgba.a < 0.004) discard;
    gl_FragColor = vec4(v_rgba.rgb, v_rgba.a * cover);
}
"""

FILL_VERTEX = """
attribute vec3 a_position; attribute vec4 a_rgba;
uniform mat4 u_matrix;
varying vec4 v_rgba;
void main() { gl_Position = u_matrix * vec4(a_position, 1.0); v_rgba = a_rgba; }
"""

FILL_FRAGMENT = "varying vec4 v_rgba; void main() { gl_FragColor = v_rgba; }"

POINT_VERTEX = """
attribute vec3 a_position; attribute vec4 a_rgba; attribute vec3 a_size;
uniform mat4 u_matrix; uniform float u_ratio; uniform float u_focal;
varying vec4 v_rgba; varying float v_radius; varying float v_hole;
void main() {
    gl_Position = u_matrix * vec4(a_position, 1.0);
    float diameter = max(a_size.x * u_ratio, a_size.y * u_focal / max(gl_Position.w, 1e-6));
    gl_PointSize = min(diameter + 1.0, 96.0);
    v_radius = 0.5 * (gl_PointSize - 1.0);
    v_hole = a_size.z * v_radius;
    v_rgba = a_rgba;
}
"""

POINT_FRAGMENT = """
varying vec4 v_rgba; varying float v_radius; varying float v_hole;
void main() {
    float r = length(gl_PointCoord - 0.5) * (2.0 * v_radius + 1.0);
    float cover = clamp(v_radius + 0.5 - r, 0.0, 1.0);
    if (v_hole > 0.0) cover *= clamp(r - v_hole + 0.5, 0.0, 1.0);
    if (cover < 0.5 && v_hole == 0.0) discard;
    gl_FragColor = vec4(v_rgba.rgb, v_rgba.a * cover);
}
"""

# the covariance is projected by the derivative of the perspective; 0.3 px² are added, as where the scene was learnt
GAUSSIAN_VERTEX = """
attribute vec3 a_position; attribute vec4 a_rgba; attribute vec3 a_diagonal; attribute vec3 a_mixed;
uniform mat4 u_matrix; uniform vec2 u_size; uniform float u_ratio; uniform float u_grown;
varying vec4 v_rgba; varying vec3 v_conic; varying float v_side;
void main() {
    vec4 clip = u_matrix * vec4(a_position, 1.0);
    gl_Position = clip;
    vec3 row_x = vec3(u_matrix[0].x, u_matrix[1].x, u_matrix[2].x);
    vec3 row_y = vec3(u_matrix[0].y, u_matrix[1].y, u_matrix[2].y);
    vec3 row_w = vec3(u_matrix[0].w, u_matrix[1].w, u_matrix[2].w);
    float w = max(clip.w, 1e-6);
    vec3 dx = 0.5 * u_size.x * (row_x - clip.x / w * row_w) / w;
    vec3 dy = 0.5 * u_size.y * (row_y - clip.y / w * row_w) / w;
    mat3 spread = mat3(a_diagonal.x, a_mixed.x, a_mixed.y,
                       a_mixed.x, a_diagonal.y, a_mixed.z,
                       a_mixed.y, a_mixed.z, a_diagonal.z);
    float blur = 0.3 * u_ratio * u_ratio;
    float xx = u_grown * dot(dx, spread * dx) + blur;
    float yy = u_grown * dot(dy, spread * dy) + blur;
    float xy = u_grown * dot(dx, spread * dy);
    float middle = 0.5 * (xx + yy);
    float longest = middle + sqrt(max(middle * middle - (xx * yy - xy * xy), 0.0));
    gl_PointSize = clamp(2.0 * ceil(2.6 * sqrt(longest)) + 1.0, 1.0, 255.0);
    v_side = gl_PointSize;
    v_conic = vec3(yy, -xy, xx) / max(xx * yy - xy * xy, 1e-9);
    v_rgba = a_rgba;
}
"""

# what is almost nothing may hide nothing: it would write its depth
GAUSSIAN_FRAGMENT = """
varying vec4 v_rgba; varying vec3 v_conic; varying float v_side;
void main() {
    vec2 d = (gl_PointCoord - 0.5) * v_side;
    d.y = -d.y;
    float power = 0.5 * (v_conic.x * d.x * d.x + v_conic.z * d.y * d.y) + v_conic.y * d.x * d.y;
    float alpha = v_rgba.a * exp(-power);
    if (alpha < 0.03) discard;
    gl_FragColor = vec4(v_rgba.rgb * alpha, alpha);
}
"""

IMAGE_VERTEX = """
attribute vec3 a_position; attribute vec3 a_before; attribute vec3 a_after;
uniform mat4 u_matrix;
varying vec3 v_before; varying vec3 v_after;
void main() { gl_Position = u_matrix * vec4(a_position, 1.0); v_before = a_before; v_after = a_after; }
"""

IMAGE_FRAGMENT = """
uniform sampler2D u_before; uniform sampler2D u_after;
uniform float u_blend; uniform float u_presence; uniform vec4 u_paper; uniform float u_solid;
varying vec3 v_before; varying vec3 v_after;
float inside(vec3 uv) {
    vec2 low = step(vec2(-1e-4), uv.xy); vec2 high = step(uv.xy, vec2(1.0001));
    return low.x * low.y * high.x * high.y * step(0.999, uv.z);
}
vec4 premultiplied(sampler2D image, vec2 uv) { vec4 c = texture2D(image, uv); return vec4(c.rgb * c.a, c.a); }
// four taps over the pixel's footprint: a small image seen smaller does not sparkle
vec4 smooth_sample(sampler2D image, vec2 uv, vec2 dx, vec2 dy) {
    return 0.25 * (premultiplied(image, uv + dx + dy) + premultiplied(image, uv + dx - dy)
                 + premultiplied(image, uv - dx + dy) + premultiplied(image, uv - dx - dy));
}
void main() {
    float has_before = inside(v_before); float has_after = inside(v_after);
    float mixing = has_before * has_after > 0.5 ? u_blend : has_after;
    vec4 ink = vec4(0.0);
    vec2 dx = 0.25 * dFdx(v_before.xy); vec2 dy = 0.25 * dFdy(v_before.xy);
    if (has_before * (1.0 - mixing) > 0.0) ink += (1.0 - mixing) * smooth_sample(u_before, v_before.xy, dx, dy);
    dx = 0.25 * dFdx(v_after.xy); dy = 0.25 * dFdy(v_after.xy);
    if (has_after * mixing > 0.0) ink += mixing * smooth_sample(u_after, v_after.xy, dx, dy);
    float opacity = mix(u_paper.a, 1.0, ink.a) * u_presence;
    bool is_solid = ink.a * u_presence > 0.9;
    if (is_solid != (u_solid > 0.5)) discard;
    gl_FragColor = vec4(ink.rgb + u_paper.rgb * (1.0 - ink.a), opacity);
}
"""

LABEL_VERTEX = """
attribute vec2 a_place; attribute vec2 a_uv;
uniform vec2 u_size;
varying vec2 v_uv;
void main() {
    gl_Position = vec4(a_place / u_size * 2.0 - 1.0, 0.0, 1.0);
    v_uv = a_uv;
}
"""

LABEL_FRAGMENT = """
uniform sampler2D u_atlas; varying vec2 v_uv;
void main() { gl_FragColor = texture2D(u_atlas, v_uv); }
"""

BACKDROP_VERTEX = """
attribute vec2 a_place; varying float v_height;
void main() { gl_Position = vec4(a_place, 0.999999, 1.0); v_height = a_place.y * 0.5 + 0.5; }
"""

# the noise of half a grey level hides the steps of a long soft gradient
BACKDROP_FRAGMENT = """
uniform vec3 u_sky; uniform vec3 u_floor; varying float v_height;
void main() {
    float noise = fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453) - 0.5;
    gl_FragColor = vec4(mix(u_floor, u_sky, smoothstep(0.0, 1.0, v_height)) + noise / 255.0, 1.0);
}
"""
