#include "snapshot/agoric/setup_words.h"

namespace recrank {

bool tells_nothing(const VatSetup& setup) {
  return setup.worker_name.empty() && setup.missing_vat_bundle.empty() && !setup.lockdown_bundle &&
         !setup.supervisor_bundle && !setup.vat_bundle && !setup.vat_parameters &&
         !setup.cache_size && !setup.enable_disavow && !setup.relax_durability_rules &&
         !setup.meter_limit;
}

}  // namespace recrank
