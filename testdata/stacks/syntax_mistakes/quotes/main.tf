output "a" {
  value = "never closed
}

output "b" {
  value = 1
}
