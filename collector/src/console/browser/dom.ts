/** Makes elements. Text is only ever set as text: nothing that came from an application is read as HTML. */

export type Child = Node | string | number | undefined | false | readonly Child[]
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>

/** `h('a', { href, class: 'x', onclick: go }, 'text')`. `true` sets an empty attribute; false and undefined leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...nodesOf(children))
  return element
}

/** Replaces all that an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...nodesOf(children))
}

function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child): (Node | string)[] => {
    if (child === undefined || child === false) return []
    if (child instanceof Node) return [child]
    return typeof child === 'object' ? nodesOf(child) : [String(child)]
  })
}

const open = new Set<string>()

/** A part that can be opened, and stays open when the view is drawn anew. */
export function foldable(key: string, summary: Child, content: () => Child): HTMLElement {
  const body = h('div', { class: 'fold' })
  const details = h('details', { open: open.has(key) }, h('summary', {}, summary), body)
  const draw = (): void => fill(body, details.open ? content() : undefined)
  details.addEventListener('toggle', () => {
    if (details.open) open.add(key)
    else open.delete(key)
    draw()
  })
  draw()
  return details
}
