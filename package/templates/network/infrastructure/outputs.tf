output "main" {
  description = "Where the application is"
  value       = "http://${tencentcloud_instance.app.public_ip}/"
}

output "network" {
  description = "The private network"
  value       = var.network_source == "new" ? tencentcloud_vpc.app[0].id : var.app_target.vpc.id
}

output "login_password" {
  description = "Password of the server's first login"
  value       = random_password.login.result
  sensitive   = true
}
