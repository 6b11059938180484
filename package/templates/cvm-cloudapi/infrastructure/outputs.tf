output "main" {
  description = "Where calls arrive"
  value       = cloudapp_api_handler.app.service_url
}

output "login_password" {
  description = "Password of the server's first login"
  value       = random_password.login.result
  sensitive   = true
}
