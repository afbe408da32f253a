import type { Clock } from './clock.ts'

/** Settles as `asked` does, or rejects with `late()` when that takes longer. */
export function within<T>(clock: Clock, ms: number, asked: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(late()))
    asked.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
