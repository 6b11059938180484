variable "holds" {
  type    = bool
  default = null
}

output "o" {
  value = 1
  precondition {
    condition     = var.holds
    error_message = "does not hold"
  }
}
