output "name" {
  value = "near"
}
