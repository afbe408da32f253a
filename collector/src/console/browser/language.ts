/**
 * The language of the views of incidents and of the inbox: `alerting.language`, which the document names. The English text is the key, so a text
 * without a translation is shown in English; a test says which are missing.
 */
import { chinese } from './chinese.ts'

interface Page {
  readonly document?: { readonly documentElement: { readonly dataset: Readonly<Record<string, string | undefined>> } }
}

/** Parts of the views that draw nothing are used where there is no document. */
const isChinese = (globalThis as Page).document?.documentElement.dataset['language'] === 'zh'

/** A text in the language of the pages. */
export function t(english: string): string {
  return (isChinese ? chinese[english] : undefined) ?? english
}

/** A text with numbers and names in it: `{name}` stands for one. */
export function said(english: string, values: Readonly<Record<string, string | number>>): string {
  return t(english).replaceAll(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole))
}
