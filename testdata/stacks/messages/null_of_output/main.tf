variable "n" {
  default = "x"
}

output "o" {
  value = 1
  precondition {
    error_message = [var.n]
    condition     = var.n == "x"
  }
}
