export { Patience } from './patience.ts'
