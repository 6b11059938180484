variable "count" {}

variable "region" {
  default = lower("ASIA")
}

variable "zones" {
  type    = object({ first = optional(string, upper("a")) })
  default = {}
}

variable "size" {
  default = 1
  validation {
    condition     = true
    error_message = "Never."
  }
  validation {
    condition     = local.limit > 1
    error_message = "About something else."
  }
}

locals {
  limit = 2
}

output "o" {
  value = 1
  precondition {
    condition     = 1 == 1
    error_message = "About nothing."
  }
}

output "endless" {
  value       = 1
  description = join(" ", ["a", "b"])
}
