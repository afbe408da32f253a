export { errors } from './preload.cjs'
