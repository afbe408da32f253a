/** The open types of a declaration in Java terms: class names, and the openType objects of protocol 8.2. */
import type { OpenType } from '@spyglass/agent/contract'

const COMPOSITE = 'javax.management.openmbean.CompositeData'
const TABULAR = 'javax.management.openmbean.TabularData'

interface JavaNames {
  /** In MBeanInfo: primitives where Java would use them. */
  readonly type: string
  /** Always a class. */
  readonly boxed: string
  /** As the element of an array. */
  readonly element: string
}

const NAMES: Readonly<Record<string, JavaNames>> = {
  int: { type: 'int', boxed: 'java.lang.Integer', element: 'I' },
  long: { type: 'long', boxed: 'java.lang.Long', element: 'J' },
  double: { type: 'double', boxed: 'java.lang.Double', element: 'D' },
  boolean: { type: 'boolean', boxed: 'java.lang.Boolean', element: 'Z' },
  string: { type: 'java.lang.String', boxed: 'java.lang.String', element: 'Ljava.lang.String;' },
  date: { type: 'java.util.Date', boxed: 'java.util.Date', element: 'Ljava.util.Date;' },
  objectName: { type: 'javax.management.ObjectName', boxed: 'javax.management.ObjectName', element: 'Ljavax.management.ObjectName;' },
}

/** The type of an attribute in MBeanInfo: `long`, `java.lang.String`, `[J`, `javax.management.openmbean.CompositeData`. */
export function javaTypeOf(type: OpenType): string {
  if (typeof type === 'string') return NAMES[type]!.type
  if ('array' in type) return `[${elementOf(type.array)}`
  return 'composite' in type ? COMPOSITE : TABULAR
}

function elementOf(type: OpenType): string {
  if (typeof type === 'string') return NAMES[type]!.element
  return 'array' in type ? javaTypeOf(type) : `L${javaTypeOf(type)};`
}

/** What `openTypes=true` adds to an attribute: a class name for a simple type, an object for the others. */
export function openTypeOf(type: OpenType): unknown {
  if (typeof type === 'string') return NAMES[type]!.boxed
  if ('array' in type) return arrayOf(type)
  if ('composite' in type) return compositeOf(type.composite, type.items)
  return {
    type: type.table,
    class: TABULAR,
    desc: type.table,
    kind: 'tabular',
    index: type.index,
    rowType: compositeOf(type.table, type.row),
  }
}

function arrayOf(type: OpenType & { readonly array: OpenType }): unknown {
  let dimension = 1
  let element = type.array
  while (typeof element !== 'string' && 'array' in element) {
    dimension++
    element = element.array
  }
  const primitive = typeof element === 'string' && NAMES[element]!.element.length === 1
  const name = javaTypeOf(type)
  const desc = `${dimension}-dimension array of ${javaTypeOf(element)}`
  return { type: name, class: name, desc, kind: 'array', primitive, dimension, elemType: openTypeOf(element) }
}

function compositeOf(name: string, items: Readonly<Record<string, OpenType>>): unknown {
  const entries = Object.entries(items).map(([item, type]) => [item, openTypeOf(type)] as const)
  return { type: name, class: COMPOSITE, desc: name, kind: 'composite', items: Object.fromEntries(entries) }
}
