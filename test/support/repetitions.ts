/** How often a test repeats something: `normal` times, and as many times more as `npm run soak` asks for. */
export function repetitions(normal: number): number {
  const factor = Number(process.env['SPYGLASS_SOAK'] ?? '1')
  return Math.max(1, Math.round(normal * (Number.isFinite(factor) && factor > 0 ? factor : 1)))
}
