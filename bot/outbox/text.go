package outbox

// textNeverSent is why a withdrawal is cancelled.
const textNeverSent = "没有发出，不用撤回"

// markRepeat begins a message that may have arrived once before.
const markRepeat = "【可能重复】"
