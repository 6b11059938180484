variable "needed" {}

output "out" {
  value = var.needed
}
