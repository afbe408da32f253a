export { CallFigures } from './call-figures.ts'
export { outgoingGetters } from './outgoing-getters.ts'
