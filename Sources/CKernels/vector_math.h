// Transcendental functions over `vec`. A NaN stays a NaN.

#define INLINE static inline __attribute__((always_inline))

/// eˣ to two units in the last place; 0 below −87.3, where the result would not be a normal number. x at most 88.
INLINE vec v_exp(vec x) {
    const vec lowest = v_set(-87.3f);
    vec bounded = v_maximum(lowest, x);
    vec n = v_round(v_multiply(bounded, v_set(1.44269504f)));
    // ln 2 in two parts, the first short enough for n times it to be exact.
    vec r = v_fnma(n, v_set(0.693359375f), bounded);
    r = v_fnma(n, v_set(-2.12194440e-4f), r);
    // (eʳ − 1 − r) / r² on ±ln 2 / 2: least squares at Chebyshev points, relative error 4e-9.
    vec p = v_set(0.0013751407386735082f);
    p = v_fma(p, r, v_set(0.008368915878236294f));
    p = v_fma(p, r, v_set(0.04166953265666962f));
    p = v_fma(p, r, v_set(0.166665181517601f));
    p = v_fma(p, r, v_set(0.49999988079071045f));
    vec result = v_scale(v_add(v_fma(p, v_multiply(r, r), r), v_set(1)), n);
    return v_choose(v_less(x, lowest), v_zero(), result);
}

/// GELU and its derivative, through the upper tail Q(a) of the normal distribution at a = |x|.
///
/// Q(a)·exp(a²/2) is t times a polynomial in t = 1 / (1 + a/4), fitted by least squares at Chebyshev points to a
/// relative error of 4e-8; so the result keeps its relative accuracy far into the negative tail, where
/// x·(1 + erf) / 2 would cancel.
INLINE vec v_gelu(vec x, vec *derivative) {
    vec a = v_absolute(x);
    vec t = v_divide(v_set(1), v_fma(a, v_set(0.25f), v_set(1)));
    vec p = v_set(0.0200779513f);
    p = v_fma(p, t, v_set(-0.0820930004f));
    p = v_fma(p, t, v_set(0.09766078f));
    p = v_fma(p, t, v_set(-0.0335896946f));
    p = v_fma(p, t, v_set(0.0646794885f));
    p = v_fma(p, t, v_set(0.0586764514f));
    p = v_fma(p, t, v_set(0.0816538483f));
    p = v_fma(p, t, v_set(0.0934620351f));
    p = v_fma(p, t, v_set(0.0997365788f));
    p = v_fma(p, t, v_set(0.0997355655f));
    vec decay = v_exp(v_multiply(v_multiply(a, a), v_set(-0.5f)));
    vec tail = v_multiply(v_multiply(p, t), decay);
    vec cumulative = v_choose(v_less(x, v_zero()), tail, v_subtract(v_set(1), tail));
    *derivative = v_fma(v_multiply(x, v_set(0.398942280f)), decay, cumulative);
    return v_multiply(x, cumulative);
}
