variable "v" {
  default   = "s"
  sensitive = true
}

output "secret" {
  value     = var.v
  sensitive = true
}
