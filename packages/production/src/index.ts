export {
  type ChainHead,
  ENVIRONMENT_OBJECT,
  observeProduction,
  type ProductionSeen,
  runningDigests,
} from './observe.ts';
export { productionRules } from './rules.ts';
