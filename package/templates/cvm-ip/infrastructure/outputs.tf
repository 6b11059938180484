output "main" {
  description = "Where the application is"
  value       = "http://${tencentcloud_instance.app.public_ip}/"
}

output "login_password" {
  description = "Password of the server's first login"
  value       = random_password.login.result
  sensitive   = true
}
