export { english } from './english.ts'
export type { Language, Words } from './words.ts'
export { wordsOf } from './words-of.ts'
