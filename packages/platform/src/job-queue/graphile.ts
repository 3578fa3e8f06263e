// Imported lazily and by name: a bundle keeps the names of a CommonJS package only where they are imported so.
export { Logger, parseCronItem, parseCronItems, run } from 'graphile-worker'
