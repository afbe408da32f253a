/** The part of Grafana's classic dashboard JSON that we write. Grafana takes more; the lint takes no more. */

export interface Target {
  readonly refId: string
  readonly datasource: { readonly type: string; readonly uid: string }
  readonly editorType: string
  readonly format: number
  readonly rawSql: string
  readonly pluginVersion: string
}

export interface GridPosition {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export interface FieldOverride {
  readonly matcher: { readonly id: string; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly datasource: { readonly type: string; readonly uid: string }
  readonly gridPos: GridPosition
  readonly targets: readonly Target[]
  readonly fieldConfig: { readonly defaults: { readonly unit?: string }; readonly overrides: readonly FieldOverride[] }
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly label: string
  readonly description: string
  readonly query: string
  readonly datasource?: { readonly uid: string }
}

export interface Annotation {
  readonly name: string
  readonly datasource: { readonly uid: string }
  readonly target: Target
}

export interface Board {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: { readonly list: readonly Annotation[] }
}
