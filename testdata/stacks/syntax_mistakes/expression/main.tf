variable "v" {}

output "a" {
  value =
}

locals {
  x = (1 +
  y = 2
}

output "b" {
  value = local.y
}
