/** Makes elements. Text is only ever set as text: nothing that came from an application is read as HTML. */
import { listen, patchChildren } from './patch.ts'

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
    if (typeof value === 'function') listen(element, name.slice(2), value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...nodesOf(children))
  return element
}

/** Replaces all that an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...nodesOf(children))
}

/** Makes an element hold these children and changes only what differs: focus, selection and scroll survive a refresh. */
export function update(element: Element, ...children: Child[]): void {
  patchChildren(
    element,
    nodesOf(children).map((child) => (typeof child === 'string' ? new Text(child) : child)),
  )
}

function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child): (Node | string)[] => {
    if (child === undefined || child === false) return []
    if (child instanceof Node) return [child]
    return typeof child === 'object' ? nodesOf(child) : [String(child)]
  })
}

const open = new Set<string>()

/** A part that can be opened, and stays open across refreshes. */
export function foldable(key: string, summary: Child, content: () => Child): HTMLElement {
  const toggle = (event: Event): void => {
    const details = event.currentTarget as HTMLDetailsElement
    if (details.open) open.add(key)
    else open.delete(key)
    const body = details.lastElementChild
    if (body) fill(body, details.open ? content() : undefined)
  }
  const isOpen = open.has(key)
  return h('details', { open: isOpen, ontoggle: toggle }, h('summary', {}, summary), h('div', { class: 'fold' }, isOpen && content()))
}

/** Opens a part before it is drawn. */
export function unfold(key: string): void {
  open.add(key)
}
