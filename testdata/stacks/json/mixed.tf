output "net" {
  value = module.net.name
}
