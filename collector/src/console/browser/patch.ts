/**
 * Updates a tree to one drawn from newer data, and leaves equal parts untouched. Libraries for this move the row with
 * the reader's selection when another row is inserted above it, which loses the selection; here the others are moved.
 */

/** Children of a list carry a `data-key`: a row stays the same element wherever it moves. */
const keyOf = (node: Node): string | undefined => (node instanceof HTMLElement ? node.dataset['key'] : undefined)

export function patchChildren(parent: Element, wanted: readonly Node[]): void {
  const stays = new Set(wanted.map(keyOf))
  const byKey = new Map([...parent.childNodes].map((child) => [keyOf(child), child]))
  Array.from(parent.childNodes).forEach((child) => stays.has(keyOf(child)) || child.remove())
  let at = parent.firstChild
  for (const next of wanted) {
    const present = presentFor(next, at, byKey)
    if (!present) {
      parent.insertBefore(next, at)
      continue
    }
    if (present !== at && isUnderAttention(present)) at = dropUntil(present, at)
    if (present === at) at = at.nextSibling
    else parent.insertBefore(present, at)
    become(present, next)
  }
  dropUntil(null, at)
}

/** The existing node for `next`: the one with its key, or the next one without a key and of the same kind. */
function presentFor(next: Node, at: ChildNode | null, byKey: ReadonlyMap<string | undefined, ChildNode>): ChildNode | undefined {
  if (next instanceof Element && kept.has(next)) return undefined
  const key = keyOf(next)
  if (key !== undefined) return byKey.get(key)
  for (let node = at; node; node = node.nextSibling) if (keyOf(node) === undefined && node.nodeName === next.nodeName) return node
  return undefined
}

/** Removes the nodes before `end`; one that is wanted further down is put back there. */
function dropUntil(end: ChildNode | null, from: ChildNode | null): ChildNode | null {
  let at = from
  while (at && at !== end) {
    const next: ChildNode | null = at.nextSibling
    at.remove()
    at = next
  }
  return at
}

/** Whether the reader's focus or selection is in it. */
function isUnderAttention(node: Node): boolean {
  const selection = getSelection()
  const isSelected = selection !== null && !selection.isCollapsed && node.contains(selection.anchorNode)
  return isSelected || node.contains(document.activeElement)
}

function become(present: ChildNode, next: Node): void {
  if (present instanceof CharacterData && next instanceof CharacterData) {
    if (present.data !== next.data) present.data = next.data
    return
  }
  if (!(present instanceof Element) || !(next instanceof Element) || kept.has(present)) return
  for (const [type, listener] of listeners.get(next) ?? []) listen(present, type, listener)
  Array.from(present.attributes).forEach(({ name }) => next.hasAttribute(name) || present.removeAttribute(name))
  for (const { name, value } of next.attributes) if (present.getAttribute(name) !== value) present.setAttribute(name, value)
  patchChildren(present, [...next.childNodes])
}

const kept = new WeakSet<Element>()

/** An element that its owner keeps drawing, such as a chart: it is inserted unchanged. */
export function keep<E extends Element>(element: E): E {
  kept.add(element)
  return element
}

export type Listener = (event: Event) => void
const listeners = new WeakMap<Element, Map<string, Listener>>()

/** One listener for each type, looked up when the event comes: an element that stays gets those of its newer version. */
export function listen(element: Element, type: string, listener: Listener): void {
  const own = listeners.get(element) ?? new Map<string, Listener>()
  if (!own.has(type)) element.addEventListener(type, (event) => listeners.get(element)?.get(type)?.(event))
  listeners.set(element, own.set(type, listener))
}
