output "main" {
  description = "Where the application is"
  value       = "http://${tencentcloud_clb_instance.entry.clb_vips[0]}/"
}

output "login_password" {
  description = "Password of the servers' first login"
  value       = random_password.login.result
  sensitive   = true
}
