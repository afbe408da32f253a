/** The tables of SPYGLASS-MIB, derived from the declared kinds: numbers, descriptors, indexes, columns. */
import { type AttributeDeclaration, type ResourceKind } from '@spyglass/agent/contract'
import { allKinds } from '@spyglass/mbeans/kinds'
import { type ColumnSyntax, columnSyntax, narrowGauge } from './columns.ts'

export interface MibColumn extends ColumnSyntax {
  /** The attribute it shows; a wide gauge is shown by two columns. */
  readonly attribute: string
  /** The descriptor without the table's prefix, as oid-lock.json names it. */
  readonly name: string
  readonly descriptor: string
  readonly number: number
  readonly description: string
  readonly counter: boolean
}

export interface MibTable {
  readonly kind: ResourceKind
  readonly number: number
  /** `sgDatasource`: the prefix of every descriptor of the table. */
  readonly prefix: string
  /** Kinds whose row numbers make up the index; the last is the table's own. */
  readonly indexes: readonly MibIndex[]
  /** Number of the not-accessible column that holds the own row number. */
  readonly indexColumn: number
  readonly columns: readonly MibColumn[]
}

export interface MibIndex {
  readonly descriptor: string
  /** What the numbers count: a kind, by name. With a parent, each parent has its own sequence. */
  readonly space: string
  /** The key of the resource that the number stands for. */
  readonly key: string
}

/** Tables in the order of their numbers. */
export function mibTables(kinds: readonly ResourceKind[] = allKinds): MibTable[] {
  return kinds.flatMap((kind) => (kind.table === undefined ? [] : [tableOf(kind, kind.table, kinds)])).sort((a, b) => a.number - b.number)
}

function tableOf(kind: ResourceKind, number: number, kinds: readonly ResourceKind[]): MibTable {
  const prefix = prefixOf(kind)
  const columns = Object.entries(kind.attributes).flatMap(([attribute, declaration]) => columnsOf(prefix, attribute, declaration))
  return {
    kind,
    number,
    prefix,
    indexes: indexesOf(kind, kinds),
    indexColumn: kind.keys.length,
    columns: columns.sort((a, b) => a.number - b.number),
  }
}

function columnsOf(prefix: string, attribute: string, declaration: AttributeDeclaration): MibColumn[] {
  const { column, gauge32Column, description, role } = declaration
  const { snmpName = attribute } = declaration
  const about = (name: string, shown = name) => ({
    attribute,
    name,
    descriptor: prefix + capitalized(shown),
    description,
    counter: role === 'counter',
  })
  const wide = column === undefined ? undefined : columnSyntax(declaration)
  const narrow = gauge32Column === undefined ? undefined : narrowGauge(declaration)
  return [
    ...(column !== undefined && wide ? [{ ...wide, ...about(attribute, snmpName), number: column }] : []),
    ...(gauge32Column !== undefined && narrow
      ? [{ ...narrow, ...about(attribute + narrow.suffix, snmpName + narrow.suffix), number: gauge32Column }]
      : []),
  ]
}

/** A key that names another kind (`instance`) uses the numbers of that kind; the last key is numbered within those before it. */
function indexesOf(kind: ResourceKind, kinds: readonly ResourceKind[]): MibIndex[] {
  return kind.keys.map((key, i) => {
    const own = i === kind.keys.length - 1
    const owner = own ? kind : kinds.find(({ name }) => name === key)
    return { descriptor: `${prefixOf(owner ?? kind)}Index`, space: owner?.name ?? key, key }
  })
}

const prefixOf = (kind: ResourceKind): string => `sg${capitalized(kind.name)}`
const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
