import { chinese } from './chinese.ts'
import { english } from './english.ts'
import type { Language, Words } from './words.ts'

const all: Readonly<Record<Language, Words>> = { en: english, zh: chinese }

/** The words of a language. A page of an earlier version does not name its own: it is English. */
export const wordsOf = (language: Language = 'en'): Words => all[language]
