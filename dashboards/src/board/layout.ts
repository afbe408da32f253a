/** Where panels stand: Grafana's grid has 24 columns, and y counts down. */

/** What a panel's template states: its size. */
export interface PanelSize {
  readonly gridPos: { readonly w: number; readonly h: number }
}

const COLUMNS = 24

/** Assigns each panel its number and place: from left to right, and below the tallest of the row when a panel does not fit. */
export function placePanels<P extends PanelSize>(panels: readonly P[]): (P & { id: number; gridPos: { x: number; y: number } })[] {
  let x = 0
  let y = 0
  let rowHeight = 0
  return panels.map((panel, index) => {
    const { w, h } = panel.gridPos
    if (x + w > COLUMNS) {
      x = 0
      y += rowHeight
      rowHeight = 0
    }
    const placed = { ...panel, id: index + 1, gridPos: { x, y, w, h } }
    x += w
    rowHeight = Math.max(rowHeight, h)
    return placed
  })
}
