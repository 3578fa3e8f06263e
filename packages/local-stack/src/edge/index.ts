export { type Edge, type EdgePorts, startEdge } from './edge.ts'
