variable "length" {}

resource "random_string" "s" {
  length = var.length
  lifecycle {
    ignore_changes = [length]
    postcondition {
      condition     = self.result == "abcdefghij" && var.length == 10
      error_message = "Another one."
    }
  }
}

import {
  to = random_string.s
  id = "abcdefghij"
}
