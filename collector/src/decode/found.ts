/** Positions of the values of chosen keys: `[start, end]` for each, 0 if absent. The chosen keys are the first of the column's dictionary. */
export class Found {
  readonly at: Int32Array
  readonly count: number
  constructor(keys: readonly string[]) {
    this.count = keys.length
    this.at = new Int32Array(keys.length * 2)
  }
  clear(): void {
    this.at.fill(0)
  }
  note(index: number, start: number, end: number): void {
    if (index >= this.count) return
    this.at[index * 2] = start
    this.at[index * 2 + 1] = end
  }
}
